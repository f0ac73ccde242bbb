// Telaio's own migrations by hand: down and up keep the data, and nobody is in the way.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Client, contacts, owner, run, Server, startWithOwner } from "../support/telaio.mjs";

const json = (result) => {
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};

const sqlite = (file, sql) => {
  const result = spawnSync("sqlite3", [file], { input: sql, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim();
};

test("down to any number and up again, people and tables kept", async (t) => {
  const { server, client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", contacts)).status, 201);
  assert.equal((await client.post("/api/custom/contacts", { email: "a@x.org" })).status, 201);
  const cli = (...args) => run(["migrate", ...args, "--system", "--json", "--data", server.folder]);
  const applied = () => json(cli("status")).filter((r) => r.applied).map((r) => r.number);
  const all = applied();
  assert.ok(all.length >= 21);

  const beside = cli("down", "--to", "0");
  assert.equal(beside.status, 1, "not under a running server");
  assert.equal(JSON.parse(beside.stderr).error.code, "busy");
  assert.equal(cli("up").status, 1);
  assert.deepEqual(applied(), all);
  await server.stop();

  const store = join(server.folder, "store.db");
  const tables = () => sqlite(store, "SELECT group_concat(name || sql, char(10)) FROM (SELECT name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY name);").replace(/\s+/g, " ");
  const before = tables();
  const people = sqlite(store, "SELECT email, password_hash, role FROM users ORDER BY id;");
  for (const to of [26, 20, 19, 16, 15, 8, 1, 0]) {
    json(cli("down", "--to", String(to)));
    assert.ok(applied().every((n) => n <= to), `down to ${to}: ${applied()}`);
    assert.deepEqual(json(cli("plan")).map((r) => r.number), all.filter((n) => n > to), `plan at ${to}`);
  }
  assert.equal(sqlite(store, "SELECT email, password_hash, role FROM users ORDER BY id;"), people);
  assert.ok(Number(sqlite(store, "SELECT count(*) FROM change;")) > 0, "the journal stays");
  assert.equal(run(["doctor", "--data", server.folder]).status, 4, "tables are missing");
  assert.equal(json(cli("up", "--to", "16")).applied, 16);
  json(cli("up"));
  assert.deepEqual(applied(), all);
  assert.equal(tables(), before, "the very same tables and indexes, but for blanks");
  assert.equal(json(cli("down")).takenBack, 1, "without a number the newest alone");
  assert.equal(json(cli("up")).applied, 1);
  assert.equal(json(cli("up")).applied, 0);
  const checked = run(["doctor", "--data", server.folder]);
  assert.equal(checked.status, 0, checked.stdout);

  const again = await new Server({ folder: server.folder }).start();
  t.after(() => again.stop());
  const anonymous = new Client(again.url);
  const login = await anonymous.post("/api/auth/login", owner);
  assert.equal(login.status, 200, login.text);
  const signedIn = new Client(again.url, { token: login.data.token });
  assert.equal((await signedIn.get("/api/custom/contacts")).data.rows.length, 1);
});

test("verify tells a migration that was applied from other content", async (t) => {
  const { server } = await startWithOwner(t);
  await server.stop();
  assert.equal(run(["migrate", "verify", "--system", "--data", server.folder]).status, 0);
  sqlite(join(server.folder, "store.db"), "UPDATE applied SET file_hash = 'other' WHERE number = 7;");
  const told = run(["migrate", "verify", "--system", "--json", "--data", server.folder]);
  assert.equal(told.status, 4, told.stderr);
  assert.deepEqual(JSON.parse(told.stdout).map((r) => r.number), [7]);
});

test("numbers and words that make no sense", async (t) => {
  const { server } = await startWithOwner(t);
  for (const args of [["status"], ["down", "--system", "--to", "-1"], ["down", "--system", "--to", "x"], ["sideways", "--system"]]) {
    assert.equal(run(["migrate", ...args, "--data", server.folder]).status, 2, args.join(" "));
  }
});

test("history and undo of a tenant's schema", async (t) => {
  const { server, client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", contacts)).status, 201);
  assert.equal((await client.post("/api/custom/contacts", { email: "a@x.org", age: 42 })).status, 201);
  assert.equal((await client.delete("/api/db-editor/tables/custom_contacts/columns/age")).status, 200);
  const cli = (...args) => run(["schema", ...args, "--json", "--data", server.folder]);
  const [newest, first] = json(cli("history"));
  assert.deepEqual([newest.state, first.state], ["done", "done"]);
  const undone = json(cli("undo", newest.id));
  assert.equal(undone.kind, "undo");
  assert.equal((await client.get("/api/custom/contacts")).data.rows[0].age, 42, "seen by the server at once");
  assert.equal(cli("undo", newest.id).status, 1, "once");
  assert.equal(cli("undo", "nothing").status, 1);
  const shown = run(["schema", "inspect", "--data", server.folder]).stdout;
  assert.match(shown, /^custom_contacts$/m);
  assert.match(shown, /^email +/m);
});
