// kill -9 at each step of a rebuild: a table with a self key, a cascading child, a counter, a view,
// triggers, a partial and an expression index is made anew, and the server is killed in front of its
// n-th write or sync, for n over the whole change. What is in the file afterwards is, byte for byte of
// its dump, what was there before or what is there after a change that nobody disturbed.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, repository, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const editor = "/api/db-editor";
// How many moments are tried; all of them with TELAIO_TEST_KILL_ALL=1.
const moments = process.env.TELAIO_TEST_KILL_ALL ? Infinity : 20;

const sqlite = (folder, sql) => {
  const result = spawnSync("sqlite3", ["-bail", join(folder, "tenants/main.db")], { input: sql, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
};

const column = (name) => ({ column: name });
const torture = {
  displayName: "Torture",
  columns: [
    { name: "no", type: "number", kind: "integer", primaryKey: true, autoIncrement: true },
    { name: "boss", type: "number", kind: "integer", references: { table: "custom_torture", column: "no", onDelete: "SET NULL" } },
    { name: "email", type: "text", nullable: false, unique: true },
    { name: "note", type: "text", check: { op: "<", args: [{ call: "length", args: [column("note")] }, 100] } },
    { name: "low", type: "text", generated: { as: { call: "lower", args: [column("email")] } } },
    { name: "extra", type: "text" },
  ],
  indexes: [
    { name: "ux_torture", columns: ["email", "extra"], unique: true },
    { name: "ix_torture_boss", columns: ["boss"] },
    { name: "ix_torture_part", columns: ["note"], where: { not: { isNull: column("note") } } },
    { name: "ix_torture_expr", columns: [{ expr: { call: "lower", args: [column("email")] } }, { column: "note", descending: true }] },
  ],
};
const child = { displayName: "Child", columns: [{ name: "torture", type: "number", kind: "integer", nullable: false,
  references: { table: "custom_torture", column: "no", onDelete: "CASCADE" } }], indexes: [{ columns: ["torture"] }] };
const others = `
  CREATE TABLE log (what TEXT);
  CREATE TRIGGER on_torture AFTER INSERT ON custom_torture BEGIN INSERT INTO log VALUES (new.email); END;
  CREATE TRIGGER on_log AFTER DELETE ON log BEGIN UPDATE custom_torture SET note = 'x' WHERE no = 1; END;
  CREATE VIEW v AS SELECT no, email FROM custom_torture; CREATE VIEW vv AS SELECT email FROM v;
  DELETE FROM custom_torture WHERE no = (SELECT max(no) FROM custom_torture);`;
const operations = [
  { op: "DROP_COLUMN", table: "custom_torture", column: "extra" },
  { op: "CREATE_COLUMN", table: "custom_torture", column: { name: "rank", type: "number", kind: "integer", nullable: false, defaultValue: 7, unique: false } },
];

const prepare = async (t) => {
  const folder = temporaryFolder(t);
  const { client, server } = await startWithOwner(t, { folder });
  for (const table of [torture, child]) {
    const made = await client.post(`${editor}/changes`, { operations: [{ op: "CREATE_TABLE", table }] });
    assert.equal(made.status, 201, made.text);
  }
  const rows = Array.from({ length: 300 }, (_, i) => ({ email: `P${i}@x.org`, note: i % 3 ? `n${i}` : null, extra: `e${i}`, ...(i ? { boss: 1 } : {}) }));
  const filled = await client.post("/api/custom/torture", rows);
  assert.equal(filled.status, 201, filled.text);
  assert.equal((await client.post("/api/custom/child", [{ torture: 1 }, { torture: 2 }, { torture: 250 }])).status, 201);
  await server.stop();
  sqlite(folder, others);
  return { folder, token: client.token };
};

// The whole file in words, but for what lies in the trash, whose names are the change's.
const dump = (folder) =>
  sqlite(folder, ".dump").split("\n").filter((line) => !line.includes("__telaio_trash_")).join("\n");

test("killed at any moment of a rebuild, the old table or the new one is there, with all that hangs on it", { timeout: 1_800_000 }, async (t) => {
  const library = join(temporaryFolder(t), "kill_at.so");
  const built = spawnSync("cc", ["-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library, join(repository, "tests/support/kill_at.c"), "-ldl"]);
  assert.equal(built.status, 0, built.stderr?.toString());
  const environment = (more) => ({ LD_PRELOAD: library, ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0", ...more });
  const { folder, token } = await prepare(t);
  const copy = () => {
    const data = join(temporaryFolder(t), "data");
    cpSync(folder, data, { recursive: true });
    return data;
  };
  const change = (server) => {
    server.process.kill("SIGUSR1"); // counting begins here
    return new Client(server.url, { token }).post(`${editor}/changes`, { operations });
  };

  // a run that is only counted, and what is there before and after it
  const count = join(temporaryFolder(t), "count");
  const whole = copy();
  const before = dump(whole);
  const counting = await new Server({ folder: whole, env: environment({ TELAIO_TEST_KILL_COUNT: count }) }).start();
  const done = await change(counting);
  assert.equal(done.status, 201, done.text);
  const total = Number(readFileSync(count, "utf8"));
  await counting.stop();
  const after = dump(whole);
  assert.notEqual(after, before);
  assert.ok(total > 10, `only ${total} writes`);
  for (const part of ["ix_torture_part", "ix_torture_expr", "on_torture", "on_log", "VIEW vv", "AUTOINCREMENT", "GENERATED ALWAYS", "ON DELETE CASCADE"]) {
    assert.ok(after.includes(part), part);
  }
  assert.match(after, /INSERT INTO sqlite_sequence VALUES\('custom_torture',300\)/);

  const seen = { before: 0, after: 0 };
  for (let at = 1; at <= total; at += Math.max(1, Math.floor(total / moments))) {
    const data = copy();
    const doomed = await new Server({ folder: data, env: environment({ TELAIO_TEST_KILL_AT: String(at) }) }).start();
    const answer = await change(doomed).catch(() => undefined);
    if (answer) await doomed.stop("SIGKILL");
    await doomed.exited;
    const again = await new Server({ folder: data }).start();
    const history = (await new Client(again.url, { token }).get(`${editor}/changes`)).data.changes;
    await again.stop();
    const now = dump(data);
    const isAfter = now === after;
    assert.equal(now, isAfter ? after : before, `killed at ${at} of ${total}`);
    seen[isAfter ? "after" : "before"]++;
    if (answer?.status === 201) assert.ok(isAfter, `answered, then killed at ${at}`);
    const record = history.find((one) => one.operations.length === 2);
    assert.ok(isAfter ? record?.state === "done" : [undefined, "failed"].includes(record?.state), `killed at ${at}: ${record?.state}`);
    assert.equal(sqlite(data, "PRAGMA integrity_check; PRAGMA foreign_key_check;").trim(), "ok");
    const doctor = run(["doctor", "--data", data, "--json"]);
    assert.equal(doctor.status, 0, `killed at ${at}: ${doctor.stdout} ${doctor.stderr}`);
  }
  assert.ok(seen.before > 0 && seen.after > 0, JSON.stringify(seen));
  t.diagnostic(`${total} writes and syncs: ${JSON.stringify(seen)}`);
});
