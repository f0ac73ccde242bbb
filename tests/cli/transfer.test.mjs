// Import and export by the command line, beside a running server.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, contacts, run, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const table = "custom_contacts";

const begin = async (t) => {
  const { server, client } = await startWithOwner(t);
  const made = await client.post("/api/db-editor/tables", contacts);
  assert.equal(made.status, 201, made.text);
  const folder = temporaryFolder(t);
  const write = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const cli = (...args) => run([...args, "--data", server.folder]);
  return { server, client, folder, write, cli };
};

test("every format goes in and comes out the same", async (t) => {
  const { write, cli } = await begin(t);
  const csv = write("a.csv", 'email,name,age\na@x.org,"Ann, ""A""",30\nb@x.org,"two\nlines",\n');
  const loaded = cli("import", table, csv, "--json");
  assert.equal(loaded.status, 0, loaded.stderr);
  const result = JSON.parse(loaded.stdout);
  assert.deepEqual([result.inserted, result.updated, result.skipped, result.errors], [2, 0, 0, []]);
  const fields = ["--fields", "email,name,age", "--sort", "email"];
  const rows = [
    { email: "a@x.org", name: 'Ann, "A"', age: 30 },
    { email: "b@x.org", name: "two\nlines", age: null },
  ];
  const ndjson = cli("export", table, "--format", "ndjson", ...fields);
  assert.deepEqual(ndjson.stdout.trim().split("\n").map((l) => JSON.parse(l)), rows);
  assert.deepEqual(JSON.parse(cli("export", table, "--format", "json", ...fields).stdout), rows);
  for (const format of ["csv", "tsv", "json", "ndjson"]) {
    const file = write(`out.${format}`, "");
    const text = cli("export", table, "--format", format, ...fields).stdout;
    writeFileSync(file, text);
    const again = cli("import", table, file, "--upsert", "email", "--json");
    assert.equal(again.status, 0, `${format}: ${again.stderr}`);
    assert.equal(JSON.parse(again.stdout).inserted, 0, format);
    assert.equal(cli("export", table, "--format", format, ...fields).stdout, text, format);
  }
});

test("standard input, a map, a filter, a file to write", async (t) => {
  const { cli, server, folder } = await begin(t);
  const piped = run(["import", table, "-", "--format", "csv", "--map", "Mail=email,Who=name", "--data", server.folder], {
    input: "Mail,Who\na@x.org,Ann\nb@x.org,Ben\n",
  });
  assert.equal(piped.status, 0, piped.stderr);
  assert.match(piped.stdout, /2 inserted/);
  const file = join(folder, "out.csv");
  const filtered = cli("export", table, "--fields", "email", "--filters", '{"name":"Ben"}', "--output", file);
  assert.deepEqual([filtered.status, filtered.stdout], [0, ""], filtered.stderr);
  assert.equal(readFileSync(file, "utf8").replace(/\r/g, ""), "email\nb@x.org\n");
  assert.equal(cli("export", table, "--output", file).status, 1, "an existing file stays");
});

test("an error in a row: nothing is there, or all but that row", async (t) => {
  const { write, cli } = await begin(t);
  const csv = write("a.csv", "email,age\na@x.org,30\nb@x.org,many\nc@x.org,200\nd@x.org,1\n");
  const count = () => JSON.parse(cli("export", table, "--format", "json").stdout).length;
  const all = cli("import", table, csv, "--json");
  assert.ok(all.status === 1 || all.status === 2, String(all.status));
  assert.equal(count(), 0);
  assert.ok(JSON.parse(all.stderr).error.message);
  const told = JSON.parse(all.stdout);
  assert.deepEqual([told.errors[0].row, told.errors[0].column], [2, "age"]);
  const dry = cli("import", table, csv, "--mode", "partial", "--dry-run", "--json");
  assert.equal(dry.status, 0, dry.stderr);
  assert.equal(count(), 0);
  const partial = cli("import", table, csv, "--mode", "partial", "--json");
  assert.equal(partial.status, 0, partial.stderr);
  assert.deepEqual(JSON.parse(partial.stdout).errors.map((e) => e.row), [2, 3]);
  assert.equal(count(), 2);
});

test("what cannot be done says why", async (t) => {
  const { write, cli, folder } = await begin(t);
  const csv = write("a.csv", "email\na@x.org\n");
  const cases = [
    [["import", "nowhere", csv], 1],
    [["import", table, join(folder, "none.csv")], 1],
    [["import", table, folder], 2],
    [["import", table, write("a.dat", "x")], 2],
    [["import", table, csv, "--format", "xml"], 2],
    [["import", table, csv, "--mode", "some"], 2],
    [["import", table, csv, "--map", "email=nocolumn"], 2],
    [["import", table, csv, "--upsert", "nocolumn"], 2],
    [["import", table, write("b.csv", "email,nocolumn\n1,2\n")], 2],
    [["import", table, csv, "--tenant", "nowhere"], 1],
    [["export", "nowhere"], 1],
    [["export", table, "--format", "xml"], 2],
    [["export", table, "--sort", "nocolumn"], 2],
    [["export", table, "--filters", "{"], 2],
  ];
  for (const [args, status] of cases) {
    const result = cli(...args);
    assert.equal(result.status, status, `${args.join(" ")}: ${result.stderr}`);
    assert.match(result.stderr, /^telaio: ./, args.join(" "));
    assert.equal(result.stdout, "", args.join(" "));
  }
  assert.ok(!existsSync(join(folder, "none.csv")));
});

test("an import that is killed leaves all or nothing, and can be done again", async (t) => {
  const { write, cli, server } = await begin(t);
  const total = 8000;
  const csv = write("a.csv", `email,age\n${Array.from({ length: total }, (_, i) => `p${i}@x.org,${i % 100}`).join("\n")}\n`);
  const count = () => cli("export", table, "--format", "ndjson", "--fields", "email").stdout.split("\n").length - 1;
  for (const after of [300, 900, 1500, 2100]) {
    const child = spawn(binary, ["import", table, csv, "--data", server.folder], { stdio: "ignore" });
    const ended = new Promise((done) => child.on("exit", done));
    const timer = setTimeout(() => child.kill("SIGKILL"), after);
    await ended;
    clearTimeout(timer);
    const n = count();
    assert.ok(n === 0 || n === total, `${n} rows after a kill at ${after} ms`);
    if (n === total) break;
  }
  assert.equal(cli("import", table, csv, "--upsert", "email").status, 0);
  assert.equal(count(), total);
  assert.equal(cli("doctor").status, 0);
});
