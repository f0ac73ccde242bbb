// Changes of structure where it is hard: everything that can hang on a column hangs on it, other
// programs have added views and triggers, thousands of rows are there, and the undo gives it all back.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { startWithOwner } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const tables = `${editor}/tables`;
const rowCount = 5000;

const sqlite = (server, sql) => {
  const file = join(server.folder, "tenants/main.db");
  const result = spawnSync("sqlite3", ["-bail", file], { input: `.timeout 5000\nPRAGMA foreign_keys = ON;\n${sql}`, encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, `${sql}: ${result.stderr}`);
  return result.stdout.trim();
};

const column = (name) => ({ column: name });

// People with a self key, a key to companies, children, a computed column and every kind of index.
const people = {
  displayName: "People",
  columns: [
    { name: "email", type: "text", nullable: false },
    { name: "age", type: "number", kind: "integer", check: { op: ">=", args: [column("age"), 0] } },
    { name: "city", type: "text", defaultValue: "X", comment: "where -- they live" },
    { name: "company", type: "relation", relatedTable: "custom_companies", onDelete: "CASCADE" },
    { name: "boss", type: "relation", relatedTable: "custom_people" },
    { name: "low", type: "text", generated: { as: { call: "lower", args: [column("email")] } } },
    { name: "note", type: "text", check: "note <> 'never' AND note IS NOT 'no'" },
  ],
  indexes: [
    { name: "ux_people_city_email", columns: ["city", "email"], unique: true },
    { name: "ix_people_upper", columns: [{ expr: { call: "upper", args: [column("city")] } }, { column: "age", descending: true }] },
    { name: "ix_people_grown", columns: ["age"], where: { op: ">", args: [column("age"), 18] } },
  ],
  checks: [{ name: "ck_people_age", expr: { op: "<", args: [column("age"), 200] } }],
};

const prepare = async (t) => {
  const { server, client } = await startWithOwner(t);
  const made = await client.post(`${editor}/changes`, { operations: [
    { op: "CREATE_TABLE", table: { displayName: "Companies", columns: [{ name: "name", type: "text", unique: true }] } },
    { op: "CREATE_TABLE", table: people },
    { op: "CREATE_TABLE", table: { displayName: "Badges", columns: [
      { name: "person", type: "relation", relatedTable: "custom_people", nullable: false, onDelete: "CASCADE" }, { name: "code", type: "text" }] } },
  ] });
  assert.equal(made.status, 201, made.text);
  const company = (await client.post("/api/custom/companies", { name: "A" })).data.id;
  for (let from = 0; from < rowCount; from += 1000) {
    const rows = Array.from({ length: 1000 }, (_, i) => ({ email: `E${from + i}@x.org`, age: i % 100, city: `C${i % 7}`, company: i % 2 ? company : null, note: `n${i}` }));
    assert.equal((await client.post("/api/custom/people", rows)).status, 201);
  }
  const [first] = (await client.get("/api/custom/people?limit=1&sort=email")).data.rows;
  await client.post("/api/custom/badges", { person: first.id, code: "b" });
  sqlite(server, `CREATE TABLE log (t); CREATE TRIGGER on_people AFTER UPDATE OF note ON custom_people BEGIN INSERT INTO log VALUES (new.note); END;
    CREATE TRIGGER on_log AFTER DELETE ON log BEGIN UPDATE custom_people SET note = note WHERE email = 'nobody'; END;`);
  return { server, client, first };
};

// Everything outside can see of the rows, the structure and the other program's parts.
const look = async (server, client) => {
  const rows = [];
  for (let cursor = ""; ;) {
    const page = await client.get(`/api/custom/people?limit=1000&count=none&sort=email${cursor}`);
    assert.equal(page.status, 200, page.text);
    rows.push(...page.data.rows);
    if (!page.meta.nextCursor) break;
    cursor = `&cursor=${encodeURIComponent(page.meta.nextCursor)}`;
  }
  const structure = {};
  for (const name of ["custom_companies", "custom_people", "custom_badges"]) {
    const { data } = await client.get(`${tables}/${name}`);
    const byName = (list) => [...list].sort((a, b) => (a.name < b.name ? -1 : 1)).map(({ native, ...rest }) => rest);
    // a CHECK says the same beside its column and behind them all, with quotes and without
    const plain = (checks) => checks.map(({ name, expr }) => ({ name, expr: expr.raw ? { raw: expr.raw.replaceAll('"', "") } : expr }));
    structure[name] = { columns: data.columns, indexes: byName(data.indexes), foreignKeys: byName(data.foreignKeys), checks: plain(byName(data.checks)) };
  }
  const parts = sqlite(server, "SELECT type, name FROM sqlite_schema WHERE type IN ('view', 'trigger') ORDER BY name;");
  assert.equal(sqlite(server, "PRAGMA integrity_check; PRAGMA foreign_key_check;"), "ok");
  return { rows, structure, parts };
};

const same = (now, before, what) => {
  assert.deepEqual(now.structure, before.structure, what);
  assert.equal(now.parts, before.parts, what);
  assert.equal(now.rows.length, before.rows.length, what);
  assert.deepEqual(now.rows, before.rows, what);
};

test("what hangs on a column goes and comes back with it", { timeout: 300_000 }, async (t) => {
  const { server, client } = await prepare(t);
  const before = await look(server, client);
  assert.equal(before.rows.length, rowCount);
  const changes = [
    ["PUT", `${tables}/custom_people/columns/email`, { name: "mail" }],
    ["PUT", `${tables}/custom_people/columns/age`, { name: "order" }],
    ["PUT", `${tables}/custom_people/columns/note`, { name: "remark" }],
    ["DELETE", `${tables}/custom_people/columns/city`],
    ["DELETE", `${tables}/custom_people/columns/age`],
    ["DELETE", `${tables}/custom_people/columns/company`],
    ["DELETE", `${tables}/custom_people/columns/boss`],
    ["DELETE", `${tables}/custom_people/columns/low`],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "number", nullable: false, defaultValue: 3 }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "uuid", nullable: false, unique: true, defaultValue: "uuid()" }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "datetime", nullable: false, defaultValue: "now()" }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "relation", relatedTable: "custom_people" }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "enum", values: ["a", "b"], defaultValue: "a", nullable: false }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "json", defaultValue: { a: [1] }, nullable: false }],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "text", generated: { as: { call: "upper", args: [column("email")] }, stored: true } }],
    ["POST", `${tables}/custom_people/columns`, { name: "and", type: "text" }],
    ["PUT", `${tables}/custom_people`, { tableName: "select" }],
    ["DELETE", `${tables}/custom_companies`],
  ];
  for (const [method, path, body] of changes) {
    const what = `${method} ${path} ${JSON.stringify(body)}`;
    const plan = await client.request(method, `${path}?dryRun=true`, body);
    assert.equal(plan.status, 200, `${what}: ${plan.text}`);
    const done = await client.request(method, path, body);
    assert.ok([200, 201].includes(done.status), `${what}: ${done.text}`);
    const ran = (await client.get(`${editor}/changes/${done.data.changeId}`)).data.steps.map((step) => step.text);
    const tag = (text) => text.replaceAll(/__telaio_trash_[a-z0-9]+/g, "TRASH");
    assert.deepEqual(ran.map(tag), plan.data.steps.map((step) => tag(step.text)), what);
    assert.equal(sqlite(server, "PRAGMA integrity_check; PRAGMA foreign_key_check;"), "ok", what);
    const undone = await client.post(`${editor}/changes/${done.data.changeId}:undo`);
    assert.equal(undone.status, 201, `${what}: ${undone.text}`);
    same(await look(server, client), before, what);
  }
});

test("a trigger that reads a dropped column comes back, the others never go", async (t) => {
  const { server, client } = await prepare(t);
  const before = await look(server, client);
  sqlite(server, "DROP TRIGGER on_log;"); // it would stop the drop: it writes what is not there
  const parts = before.parts.split("\n").filter((line) => !line.includes("on_log")).join("\n");
  const dropped = await client.delete(`${tables}/custom_people/columns/note`);
  assert.equal(dropped.status, 200, dropped.text);
  assert.equal(sqlite(server, "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger';"), "0");
  assert.equal((await client.post(`${editor}/changes/${dropped.data.changeId}:undo`)).status, 201);
  same(await look(server, client), { ...before, parts }, "the trigger on the column");
});

test("children keep their rows while a table is in the trash, and have their key again", async (t) => {
  const { server, client, first } = await prepare(t);
  sqlite(server, "DROP TRIGGER on_log;");
  const before = await look(server, client);
  const dropped = await client.delete(`${tables}/custom_people`);
  assert.equal(dropped.status, 200, dropped.text);
  assert.equal((await client.get("/api/custom/badges")).data.rows.length, 1);
  const undone = await client.post(`${editor}/changes/${dropped.data.changeId}:undo`);
  assert.equal(undone.status, 201, undone.text);
  same(await look(server, client), before, "the table");
  const stray = await client.post("/api/custom/badges", { person: "00000000-0000-7000-8000-000000000000" });
  assert.equal(stray.status, 409, stray.text);
  assert.equal((await client.delete(`/api/custom/people/${first.id}`)).status, 200);
  assert.equal((await client.get("/api/custom/badges")).data.rows.length, 0, "the key cascades again");
});

test("what stands in the way of a change is named, and nothing is changed", async (t) => {
  const { server, client } = await prepare(t);
  sqlite(server, "CREATE VIEW v AS SELECT email, age FROM custom_people; CREATE VIEW vv AS SELECT email FROM v;");
  const before = await look(server, client);
  const refused = [
    ["PUT", `${tables}/custom_people/columns/email`, { name: "mail" }, 409, /vv/],
    ["DELETE", `${tables}/custom_people/columns/age`, undefined, 409, /view "v"/],
    ["DELETE", `${tables}/custom_people/columns/email`, undefined, 409, /low/],
    ["DELETE", `${tables}/custom_people`, undefined, 409, /view "v"/],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "text", unique: true, defaultValue: "a" }, 409, /x/],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "text", nullable: false }, 422, /5000 rows/],
    ["POST", `${tables}/custom_people/columns`, { name: "x", type: "number", defaultValue: 1, check: { op: ">", args: [column("x"), 5] } }, 422, /check/],
    ["POST", `${tables}/custom_people/indexes`, { columns: ["city"], unique: true }, 422, /4993 rows/],
    ["POST", `${tables}/custom_people/indexes`, { columns: [{ expr: "no_such(city)" }] }, 422, /no_such/],
  ];
  for (const [method, path, body, status, why] of refused) {
    const answer = await client.request(method, path, body);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
    assert.match(answer.error.message, why);
  }
  same(await look(server, client), before, "after what was refused");
});

test("a column called as a word of SQL goes and comes where texts have that word", async (t) => {
  const { server, client } = await prepare(t);
  sqlite(server, "CREATE VIEW v AS SELECT email FROM custom_people WHERE age IS NOT NULL AND city <> '';");
  for (const name of ["select", "and", "not", "null", "where", "from"]) {
    const added = await client.post(`${tables}/custom_people/columns`, { name, type: "text" });
    assert.equal(added.status, 201, added.text);
    const renamed = await client.put(`${tables}/custom_people/columns/${name}`, { name: `${name}_2` });
    assert.equal(renamed.status, 200, renamed.text);
    const back = await client.put(`${tables}/custom_people/columns/${name}_2`, { name });
    assert.equal(back.status, 200, back.text);
    const dropped = await client.delete(`${tables}/custom_people/columns/${name}`);
    assert.equal(dropped.status, 200, dropped.text);
  }
  // the CHECK of note, which says AND, IS and NOT, is still there
  assert.equal((await client.post("/api/custom/people", { email: "z@x.org", city: "z", note: "never" })).status, 422);
  assert.equal(sqlite(server, "SELECT count(*) FROM v;"), String(rowCount));
});
