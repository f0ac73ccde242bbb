// Chinook: the eleven tables made from a change list, filled through the command line from what
// sqlite3 exports, and compared with sqlite3's own reference.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { dataFolder, hasData, repository, run, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const sqlite = (file, args, input) => {
  const result = spawnSync("sqlite3", [...args, file], { input, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
};

const query = (file, sql) => {
  const text = sqlite(file, ["-json"], sql);
  return text.trim() ? JSON.parse(text) : [];
};

const isNumber = (type) => /INT|NUMERIC|REAL|DOUBLE|DECIMAL/i.test(type);

const digest = (values) => createHash("sha256").update(JSON.stringify(values)).digest("hex");

test("Chinook goes in through the command line and equals the reference", { skip: !hasData && "no ../shared/data" }, async (t) => {
  const { server, client } = await startWithOwner(t);
  const folder = temporaryFolder(t);
  const reference = join(folder, "reference.db");
  sqlite(reference, [], readFileSync(join(dataFolder, "chinook/chinook_sqlite.sql"), "utf8"));

  const operations = JSON.parse(readFileSync(join(repository, "tests/chinook/changes.json"), "utf8"));
  const list = Array.isArray(operations) ? operations : operations.operations;
  const made = await client.post("/api/db-editor/changes", { operations: list });
  assert.equal(made.status, 201, made.text);
  const names = list.filter((o) => o.op === "CREATE_TABLE").map((o) => o.table.tableName ?? o.table.name);
  assert.equal(names.length, 11);

  // parents before children, so that foreign keys hold
  const done = new Set();
  const parents = (name) =>
    query(reference, `SELECT DISTINCT "table" AS parent FROM pragma_foreign_key_list('${name}')`).map((r) => r.parent).filter((p) => p !== name);
  const load = (name) => {
    if (done.has(name)) return;
    done.add(name);
    parents(name).forEach(load);
    const order = name === "Employee" ? "ORDER BY EmployeeId" : "";
    const csv = sqlite(reference, ["-csv", "-header"], `SELECT * FROM "${name}" ${order};`);
    const file = join(folder, `${name}.csv`);
    writeFileSync(file, csv);
    const loaded = run(["import", name, file, "--data", server.folder, "--json"]);
    assert.equal(loaded.status, 0, `${name}: ${loaded.stderr}`);
  };
  names.forEach(load);

  for (const name of names) {
    const columns = query(reference, `SELECT name, type FROM pragma_table_info('${name}')`);
    const [{ n }] = query(reference, `SELECT count(*) AS n FROM "${name}"`);
    const out = run(["export", name, "--format", "ndjson", "--data", server.folder]);
    assert.equal(out.status, 0, out.stderr);
    const rows = out.stdout.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(rows.length, n, `${name}: row count`);
    for (const { name: column, type } of columns) {
      const values = rows.map((row) => row[column]);
      if (isNumber(type)) {
        const [{ sum }] = query(reference, `SELECT round(coalesce(sum("${column}"), 0), 2) AS sum FROM "${name}"`);
        const own = values.reduce((total, v) => total + Number(v ?? 0), 0);
        assert.ok(Math.abs(own - sum) < 0.01, `${name}.${column}: sum ${own} against ${sum}`);
      } else if (!/DATE/i.test(type)) {
        const expected = query(reference, `SELECT "${column}" AS v FROM "${name}" ORDER BY 1`).map((r) => r.v ?? "");
        const sorted = (list) => [...list].map((v) => v ?? "").sort();
        assert.equal(digest(sorted(values)), digest(sorted(expected)), `${name}.${column}: hash of ordered values`);
      } else {
        const expected = query(reference, `SELECT "${column}" AS v FROM "${name}"`).map((r) => (r.v ? Date.parse(`${r.v}Z`.replace(" ", "T")) : null));
        const sorted = (list) => [...list].sort((a, b) => a - b);
        assert.deepEqual(sorted(values.map((v) => (v ? Date.parse(/Z$/.test(v) ? v : `${v}Z`) : null))), sorted(expected), `${name}.${column}`);
      }
    }
  }
});
