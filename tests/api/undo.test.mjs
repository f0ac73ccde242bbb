// What stands against an undo: a later change, a name that was taken, rows that were written since.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contacts, startWithOwner } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const tables = `${editor}/tables`;

test("undo in the wrong order says what is in the way", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post(tables, contacts);
  await client.post("/api/custom/contacts", { email: "a@x.org", name: "A" });
  const undo = (change) => client.post(`${editor}/changes/${change.data.changeId}:undo`);
  const added = await client.post(`${tables}/custom_contacts/columns`, { name: "one", type: "text" });
  const renamed = await client.put(`${tables}/custom_contacts/columns/one`, { name: "two" });
  const index = await client.post(`${tables}/custom_contacts/indexes`, { columns: ["two"] });
  const early = await undo(added);
  assert.equal(early.status, 409, early.text);
  assert.match(early.error.message, /later change/);
  assert.ok(early.error.hint);
  for (const change of [index, renamed, added]) assert.equal((await undo(change)).status, 201);
  // the name was taken meanwhile
  const dropped = await client.delete(`${tables}/custom_contacts/columns/name`);
  const other = await client.post(`${tables}/custom_contacts/columns`, { name: "name", type: "number" });
  assert.equal((await undo(dropped)).status, 409);
  assert.equal((await undo(other)).status, 201);
  assert.equal((await undo(dropped)).status, 201);
  assert.equal((await client.get("/api/custom/contacts")).data.rows[0].name, "A");
});

test("an undo that rows of today stand against says so, and works when they fit", async (t) => {
  const { client } = await startWithOwner(t);
  const required = { name: "must", type: "text", nullable: false };
  await client.post(tables, { displayName: "Things", columns: [required, { name: "b", type: "text" }] });
  await client.post("/api/custom/things", { must: "kept", b: "old" });
  const dropped = await client.delete(`${tables}/custom_things/columns/must`);
  const later = (await client.post("/api/custom/things", { b: "new" })).data;
  const undo = () => client.post(`${editor}/changes/${dropped.data.changeId}:undo`);
  const refused = await undo();
  assert.equal(refused.status, 422, refused.text);
  assert.match(refused.error.hint, /rows written since/);
  assert.equal((await client.get("/api/custom/things")).data.rows.length, 2);
  assert.equal((await client.delete(`/api/custom/things/${later.id}`)).status, 200);
  assert.equal((await undo()).status, 201);
  assert.deepEqual((await client.get("/api/custom/things")).data.rows.map((row) => row.must), ["kept"]);
  // the key of a child: a row without its parent was written while the parent was in the trash
  await client.post(tables, { displayName: "Parts", columns: [{ name: "thing", type: "relation", relatedTable: "custom_things" }] });
  const gone = await client.delete(`${tables}/custom_things`);
  const stray = (await client.post("/api/custom/parts", { thing: "00000000-0000-7000-8000-000000000000" })).data;
  const parent = () => client.post(`${editor}/changes/${gone.data.changeId}:undo`);
  const kept = await parent();
  assert.equal(kept.status, 409, kept.text);
  assert.match(kept.error.hint, /rows written since/);
  assert.equal((await client.delete(`/api/custom/parts/${stray.id}`)).status, 200);
  assert.equal((await parent()).status, 201);
});
