// The files are SQLite's own: any other program finds them whole and can write into them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { Client, contacts, startWithOwner } from "../support/telaio.mjs";

const sqlite = (file, sql) => {
  const result = spawnSync("sqlite3", ["-bail", file], { input: sql, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim();
};

test("sqlite3 finds every file whole, reads it, writes into it, copies it", async (t) => {
  const { server, client } = await startWithOwner(t);
  const tables = "/api/db-editor/tables";
  await client.post(tables, { displayName: "Firms", columns: [{ name: "name", type: "text" }] });
  const everything = [
    ...contacts.columns,
    { name: "big", type: "number", kind: "decimal", precision: 40, scale: 10 }, { name: "ratio", type: "number", kind: "float" },
    { name: "at", type: "time" }, { name: "code", type: "uuid" }, { name: "bytes", type: "binary" }, { name: "list", type: "array", element: "text" },
    { name: "firm", type: "relation", relatedTable: "custom_firms" },
  ];
  assert.equal((await client.post(tables, { displayName: "Contacts", columns: everything })).status, 201);
  for (const row of [{ email: "a@x.org" }, { email: "b@x.org", tags: { a: 1 }, list: ["x"], big: "123456789012345678901234567890.5", at: "12:30:00",
    bytes: "AAEC", born: "2024-02-29", seen: "2024-02-29T12:00:00Z", code: "00000000-0000-7000-8000-000000000000", ratio: 1.5, balance: "12.50" }]) {
    const made = await client.post("/api/custom/contacts", row);
    assert.equal(made.status, 201, made.text);
  }
  await client.delete(`${tables}/custom_contacts/columns/name`);
  await server.stop();
  for (const name of ["store.db", "tenants/main.db"]) {
    const file = join(server.folder, name);
    assert.equal(sqlite(file, "PRAGMA integrity_check"), "ok", name);
    assert.equal(sqlite(file, "PRAGMA foreign_key_check"), "", name);
    const copy = join(server.folder, "copy.db");
    sqlite(copy, sqlite(file, ".dump"));
    assert.equal(sqlite(copy, "PRAGMA integrity_check"), "ok", `the dump of ${name}`);
    spawnSync("rm", ["-f", copy]);
  }
  const file = join(server.folder, "tenants/main.db");
  sqlite(file, "INSERT INTO custom_contacts (email) VALUES ('c@x.org'); UPDATE custom_contacts SET tags = NULL; DELETE FROM custom_contacts WHERE email = 'b@x.org'");
  await server.start();
  const rows = await new Client(server.url, { token: client.token }).get("/api/custom/contacts?sort=email");
  assert.deepEqual(rows.data.rows.map((row) => row.email), ["a@x.org", "c@x.org"]);
});

test("the store has the view settings_audit, which shows every change and takes none", async (t) => {
  const { server, client } = await startWithOwner(t);
  const tables = "/api/db-editor/tables";
  const made = await client.post(tables, contacts);
  const dropped = await client.delete(`${tables}/custom_contacts/columns/name`, { "x-request-id": "my-request" });
  await client.post(`/api/db-editor/changes/${dropped.data.changeId}:undo`);
  const file = join(server.folder, "store.db");
  const rows = JSON.parse(spawnSync("sqlite3", ["-json", file], { input: "SELECT * FROM settings_audit WHERE tenant_id > 0 ORDER BY change_id", encoding: "utf8" }).stdout);
  assert.deepEqual(rows.map((row) => [row.kind, row.outcome, row.user_name]), [
    ["change", "done", "owner@example.com"], ["change", "undone", "owner@example.com"], ["undo", "done", "owner@example.com"],
  ]);
  assert.equal(rows[0].change_id, made.data.changeId);
  assert.match(rows[0].statement, /^CREATE TABLE "custom_contacts"[^]*CREATE UNIQUE INDEX/);
  assert.equal(rows[1].request_id, "my-request");
  assert.ok(JSON.parse(rows[1].operations).length === 1 && Date.parse(rows[1].created_at) <= Date.parse(rows[1].finished_at));
  for (const sql of ["DELETE FROM settings_audit", "UPDATE settings_audit SET user_name = 'x'"]) {
    assert.match(spawnSync("sqlite3", [file], { input: sql, encoding: "utf8" }).stderr, /cannot modify/);
  }
});
