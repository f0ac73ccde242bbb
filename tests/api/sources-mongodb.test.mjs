// A MongoDB of somebody else behind the routes: rows by "_id", fields that were never declared,
// and changes of structure that are undone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { databases } from "../support/databases.mjs";
import { startWithOwner } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const at = (path) => `${editor}${path}${path.includes("?") ? "&" : "?"}source=shop`;
const skip = process.env.TELAIO_TEST_MONGODB_SKIP;

const start = async (t, mode = "read-write") => {
  const { client } = await startWithOwner(t);
  const database = databases.mongodb(t);
  await database.command({ insert: "customer", documents: [
    { _id: 1, name: "Ada", email: "ada@x.org" },
    { _id: 2, name: "Bob", tags: ["a", { b: 1 }] },
  ] });
  const made = await client.post(`${editor}/sources`, { name: "shop", address: database.address, mode });
  assert.equal(made.status, 201, made.text);
  return { client, database };
};

test("rows are read and written by their _id", { skip }, async (t) => {
  const { client } = await start(t);
  const list = await client.get(at("/data/customer?sort=name&order=desc"));
  assert.deepEqual(list.data.rows, [
    { _id: 2, name: "Bob", email: null, tags: ["a", { b: 1 }] },
    { _id: 1, name: "Ada", email: "ada@x.org", tags: null },
  ]);
  const added = await client.post(at("/data/customer"), { _id: 3, name: "Cyd", tags: [] });
  assert.equal(added.status, 201, added.text);
  assert.equal((await client.put(at("/data/customer/3"), { email: "c@x.org", tags: null })).status, 200);
  assert.deepEqual((await client.get(at("/data/customer/3"))).data, { _id: 3, name: "Cyd", email: "c@x.org", tags: null });
  const twice = await client.post(at("/data/customer"), { _id: 3, name: "again" });
  assert.equal(twice.status, 409, twice.text);
  assert.equal(twice.error.code, "unique_violation");
  const bulk = await client.post(at("/data/customer:bulk"), {
    operations: [{ method: "PUT", id: 1, data: { name: "A" } }, { method: "POST", data: { _id: 2, name: "x" } }],
  });
  assert.equal(bulk.status, 409, bulk.text);
  assert.equal((await client.get(at("/data/customer/1"))).data.name, "Ada", "nothing of it is there");
  assert.equal((await client.delete(at("/data/customer/3"))).status, 200);
  const imported = await client.post(at("/import/customer"), "_id,name\n4,Di\n5,Eve\n", { "content-type": "text/csv" });
  assert.equal(imported.data?.inserted, 2, imported.text);
});

test("structure changes as far as the policy goes, and is undone", { skip }, async (t) => {
  const { client } = await start(t);
  const added = await client.post(at("/tables/customer/columns"), { name: "phone", type: "text" });
  assert.equal(added.status, 201, added.text);
  assert.equal((await client.put(at("/data/customer/1"), { phone: "12" })).status, 200);
  assert.equal((await client.delete(at("/tables/customer"))).status, 403, "enableTableDeletion is off");
  const asked = await client.delete(at("/tables/customer/columns/phone"));
  assert.equal(asked.status, 409, asked.text);
  const gone = await client.delete(at(`/tables/customer/columns/phone?confirm=${asked.error.params.hazards.join()}`));
  assert.equal(gone.status, 200, gone.text);
  assert.equal((await client.get(at("/data/customer/1"))).data.phone, undefined);
  const undone = await client.post(at(`/changes/${gone.data.changeId}:undo`));
  assert.equal(undone.status, 201, undone.text);
  assert.equal((await client.get(at("/data/customer/1"))).data.phone, "12");
  const renamed = await client.put(at("/tables/customer/columns/name"), { name: "full_name" });
  assert.equal(renamed.status, 200, renamed.text);
  assert.equal((await client.get(at("/data/customer/2"))).data.full_name, "Bob");
  const index = await client.post(at("/tables/customer/indexes"), { columns: ["email"], unique: true });
  assert.equal(index.status, 201, index.text);
  const made = await client.post(at("/tables"), {
    displayName: "Plain thing",
    columns: [
      { name: "code", type: "number", kind: "integer", primaryKey: true, nullable: false },
      { name: "n", type: "text" },
      { name: "made", type: "datetime", defaultValue: "now()" },
    ],
  });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(made.data.columns.map((column) => column.name), ["code", "n", "made"]);
  const row = await client.post(at(`/data/${made.data.tableName}`), { code: 1, n: "x" });
  assert.equal(row.status, 201, row.text);
  assert.match(row.data.made, /^\d{4}-.*Z$/);
  const tables = (await client.get(at("/tables"))).data.tables.map((one) => one.tableName);
  assert.deepEqual(tables.sort(), ["customer", made.data.tableName].sort());
});

test("what MongoDB cannot do is refused with words", { skip }, async (t) => {
  const { client } = await start(t);
  const refused = async (operation, message) => {
    const answer = await client.post(at("/changes:preview"), { operations: [operation] });
    assert.equal(answer.status, 422, answer.text);
    assert.equal(answer.error.code, "unsupported");
    assert.match(answer.error.message, message);
  };
  await refused({ op: "CREATE_TABLE", table: { tableName: "t", columns: [{ name: "c", type: "relation", relatedTable: "customer" }] } }, /foreign keys/);
  await refused({ op: "CREATE_COLUMN", table: "customer", column: { name: "k", type: "text", defaultValue: "x" } }, /made elsewhere/);
  await refused({ op: "RENAME_COLUMN", table: "customer", column: "_id", newName: "id" }, /_id/);
  const source = (await client.get(`${editor}/sources/shop`)).data;
  assert.equal(source.abilities.foreign_keys ?? source.abilities.foreignKeys, false);
});
