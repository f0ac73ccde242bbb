// Tables, columns, indexes, changes, trash, audit: the schema through HTTP.
import assert from "node:assert/strict";
import { test } from "node:test";
import { contacts, startWithOwner } from "../support/telaio.mjs";

const create = async (client, body = contacts) => {
  const made = await client.post("/api/db-editor/tables", body);
  assert.equal(made.status, 201, made.text);
  return made;
};

test("a created table answers its names, and its API exists at once (B-44, B-80)", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await create(client);
  assert.equal(made.data.tableName, "custom_contacts");
  assert.equal(made.data.displayName, "Contacts");
  assert.equal(made.data.apiPath, "/api/custom/contacts");
  assert.ok(made.data.changeId);
  assert.ok(made.headers.get("location").endsWith("/api/db-editor/tables/custom_contacts"));
  const rows = await client.get("/api/custom/contacts");
  assert.equal(rows.status, 200, rows.text);
  assert.deepEqual(rows.data.rows, []);
  assert.equal(rows.data.pagination.total, 0);
});

test("dryRun shows the plan and changes nothing; the change runs the same statements (A-38)", async (t) => {
  const { client } = await startWithOwner(t);
  const plan = await client.post("/api/db-editor/tables?dryRun=true", contacts);
  assert.equal(plan.status, 200, plan.text);
  assert.ok(plan.data.steps.length > 0);
  assert.ok(plan.data.steps.every((s) => typeof s.text === "string"));
  assert.equal((await client.get("/api/db-editor/tables")).data.tables.length, 0);
  const made = await create(client);
  const change = await client.get(`/api/db-editor/changes/${made.data.changeId}`);
  assert.equal(change.status, 200, change.text);
  const tagless = (steps) => steps.map((s) => s.text.replaceAll(/__telaio_trash_[a-z0-9]+/g, "TRASH"));
  assert.deepEqual(tagless(change.data.steps), tagless(plan.data.steps));
});

test("a plan runs once, and not after the schema moved (A-52, A-73)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const operations = [{ op: "CREATE_COLUMN", table: "custom_contacts", column: { name: "phone", type: "text" } }];
  const preview = await client.post("/api/db-editor/changes:preview", { operations });
  assert.equal(preview.status, 200, preview.text);
  assert.ok(preview.data.planId && preview.data.fingerprint && preview.data.undo.class);
  const run = await client.post("/api/db-editor/changes", { planId: preview.data.planId });
  assert.equal(run.status, 201, run.text);
  const twice = await client.post("/api/db-editor/changes", { planId: preview.data.planId });
  assert.ok([404, 409].includes(twice.status), twice.text);

  const other = await client.post("/api/db-editor/changes:preview", {
    operations: [{ op: "DROP_COLUMN", table: "custom_contacts", column: "phone" }],
  });
  await client.post("/api/db-editor/tables/custom_contacts/columns", { name: "fax", type: "text" });
  const stale = await client.post("/api/db-editor/changes", { planId: other.data.planId });
  assert.equal(stale.status, 409, stale.text);
  assert.equal(stale.error.code, "stale_plan");
});

test("a dropped column comes back with its data by undo", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  for (let i = 0; i < 20; i++) {
    const row = await client.post("/api/custom/contacts", { email: `p${i}@x.org`, name: `Person ${i}` });
    assert.equal(row.status, 201, row.text);
  }
  const before = await client.get("/api/custom/contacts?limit=100&sort=email");
  const dropped = await client.delete("/api/db-editor/tables/custom_contacts/columns/name");
  assert.equal(dropped.status, 200, dropped.text);
  assert.ok(dropped.data.changeId);
  assert.ok(Date.parse(dropped.data.undoUntil) > Date.now());
  const without = await client.get("/api/custom/contacts?limit=1");
  assert.ok(!("name" in without.data.rows[0]));
  const undone = await client.post(`/api/db-editor/changes/${dropped.data.changeId}:undo`);
  assert.equal(undone.status, 201, undone.text);
  const after = await client.get("/api/custom/contacts?limit=100&sort=email");
  assert.deepEqual(after.data.rows, before.data.rows);
});

test("a dropped unique column comes back with its index", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const dropped = await client.delete("/api/db-editor/tables/custom_contacts/columns/email");
  assert.equal(dropped.status, 200, dropped.text);
  assert.equal((await client.post(`/api/db-editor/changes/${dropped.data.changeId}:undo`)).status, 201);
  const clash = await client.post("/api/custom/contacts", { email: "a@x.org" });
  assert.equal(clash.status, 409, clash.text);
});

test("a dropped table is in the trash and comes back (A-04, B-81)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const gone = await client.delete("/api/db-editor/tables/custom_contacts");
  assert.equal(gone.status, 200, gone.text);
  assert.equal((await client.get("/api/custom/contacts")).status, 404);
  const trash = await client.get("/api/db-editor/trash");
  assert.equal(trash.status, 200, trash.text);
  const items = trash.data.items ?? trash.data.trash;
  assert.equal(items.length, 1);
  const back = await client.post(`/api/db-editor/trash/${items[0].id}:restore`);
  assert.ok([200, 201].includes(back.status), back.text);
  const rows = await client.get("/api/custom/contacts");
  assert.equal(rows.data.rows.length, 1);
});

test("purged data cannot be brought back, and the answer says so", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const gone = await client.delete("/api/db-editor/tables/custom_contacts");
  const trash = await client.get("/api/db-editor/trash");
  const [item] = trash.data.items ?? trash.data.trash;
  assert.equal((await client.delete(`/api/db-editor/trash/${item.id}`)).status, 200);
  const undo = await client.post(`/api/db-editor/changes/${gone.data.changeId}:undo`);
  assert.equal(undo.status, 409, undo.text);
  assert.equal(undo.error.code, "undo_expired");
});

test("rename keeps rows and API follows the new name (A-09)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const renamed = await client.put("/api/db-editor/tables/custom_contacts", { tableName: "people" });
  assert.equal(renamed.status, 200, renamed.text);
  assert.equal((await client.get("/api/custom/people")).data.rows.length, 1);
  assert.equal((await client.get("/api/custom/contacts")).status, 404);
  const column = await client.put("/api/db-editor/tables/custom_people/columns/name", { name: "full_name" });
  assert.equal(column.status, 200, column.text);
  const rows = await client.get("/api/custom/people");
  assert.ok("full_name" in rows.data.rows[0]);
});

test("indexes are made and dropped by name", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const made = await client.post("/api/db-editor/tables/custom_contacts/indexes", { columns: ["name"] });
  assert.equal(made.status, 201, made.text);
  const table = await client.get("/api/db-editor/tables/custom_contacts");
  const index = table.data.indexes.find((i) => i.columns.length === 1 && (i.columns[0].column ?? i.columns[0]) === "name");
  assert.ok(index, table.text);
  const gone = await client.delete(`/api/db-editor/tables/custom_contacts/indexes/${index.name}`);
  assert.equal(gone.status, 200, gone.text);
});

test("display attributes and permissions are set without a schema change (B-73, B-101)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const set = await client.put("/api/db-editor/tables/custom_contacts", {
    displayName: "People we know", icon: "user", color: "#aabbcc",
    permissions: { read: ["USER"], create: ["USER"], update: ["TENANT_ADMIN"], delete: ["OWNER"] },
  });
  assert.equal(set.status, 200, set.text);
  const table = await client.get("/api/db-editor/tables/custom_contacts");
  assert.equal(table.data.displayName, "People we know");
  assert.deepEqual(table.data.permissions.delete, ["OWNER"]);
  const bad = await client.put("/api/db-editor/tables/custom_contacts", { permissions: { read: ["EVERYBODY"] } });
  assert.equal(bad.status, 422);
  const markup = await client.put("/api/db-editor/tables/custom_contacts", { color: "red;background:url(x)" });
  assert.equal(markup.status, 422, "B-15");
});

test("system columns are protected and reserved, whatever the case (B-104, B-121)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  for (const name of ["id", "tenant_id", "Created_At", "updated_at", "created_by"]) {
    const drop = await client.delete(`/api/db-editor/tables/custom_contacts/columns/${name}`);
    assert.equal(drop.status, 422, `${name}: ${drop.text}`);
    const add = await client.post("/api/db-editor/tables/custom_contacts/columns", { name, type: "text" });
    assert.ok([409, 422].includes(add.status), `${name}: ${add.text}`);
  }
});

test("bad definitions are refused with a pointer (A-22, B-20, B-21, B-102, B-105, B-107, B-108)", async (t) => {
  const { client } = await startWithOwner(t);
  const bad = [
    [{ name: 'a" text); DROP TABLE x; --', type: "text" }],
    [{ name: "a", type: "no such type" }],
    [{ name: "a", type: "text" }, { name: "A", type: "text" }],
    [{ name: "a", type: "number", defaultValue: "1); DROP TABLE x" }],
    [{ name: "a", type: "boolean", defaultValue: "yes please" }],
    [{ name: "a", type: "enum" }],
    [{ name: "a", type: "text", colour: "red" }],
    [{ name: "", type: "text" }],
    [{ type: "text" }],
    [],
  ];
  for (const columns of bad) {
    const answer = await client.post("/api/db-editor/tables", { displayName: "Bad", columns });
    assert.ok([400, 409, 422].includes(answer.status), JSON.stringify(columns) + answer.text);
    assert.ok(answer.error.where, answer.text);
  }
  assert.equal((await client.get("/api/db-editor/tables")).data.tables.length, 0);
  const nullDefault = await client.post("/api/db-editor/tables", {
    displayName: "Fine", columns: [{ name: "a", type: "text", nullable: false, defaultValue: null }],
  });
  assert.equal(nullDefault.status, 201, nullDefault.text);
});

test("names that are not Latin, reserved or alike give distinct tables (B-08)", async (t) => {
  const { client } = await startWithOwner(t);
  const names = new Set();
  for (const displayName of ["!!!", "联系人", "Café", "Cafe", "A B", "a-b", "a_b", "Order", "select", "x".repeat(200), "x".repeat(201)]) {
    const made = await create(client, { displayName, columns: [{ name: "a", type: "text" }] });
    assert.equal(made.data.displayName, displayName);
    assert.match(made.data.tableName, /^custom_[a-z0-9_]*[a-z0-9]$/);
    assert.ok(!names.has(made.data.tableName), made.data.tableName);
    names.add(made.data.tableName);
  }
});

test("a relation is a real foreign key and its target must exist here (B-06)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client, { displayName: "Companies", columns: [{ name: "name", type: "text", nullable: false }] });
  await create(client, {
    displayName: "Staff",
    columns: [
      { name: "name", type: "text" },
      { name: "company_id", type: "relation", relatedTable: "custom_companies", relationType: "belongsTo" },
    ],
  });
  const company = await client.post("/api/custom/companies", { name: "ACME" });
  const staff = await client.post("/api/custom/staff", { name: "Ann", company_id: company.data.id });
  assert.equal(staff.status, 201, staff.text);
  const orphan = await client.post("/api/custom/staff", { name: "Bob", company_id: "00000000-0000-7000-8000-000000000000" });
  assert.equal(orphan.status, 409, orphan.text);
  assert.equal(orphan.error.code, "foreign_key_violation");
  const missing = await client.post("/api/db-editor/tables", {
    displayName: "Other", columns: [{ name: "x", type: "relation", relatedTable: "custom_nowhere" }],
  });
  assert.equal(missing.status, 422, missing.text);
});

test("every schema change is in the audit (A-68, B-118)", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.delete("/api/db-editor/tables/custom_contacts/columns/name");
  const audit = await client.get("/api/db-editor/audit");
  assert.equal(audit.status, 200, audit.text);
  const entries = audit.data.entries ?? audit.data.audit ?? audit.data.rows;
  assert.ok(entries.length >= 2);
  assert.ok(entries.every((e) => e.createdAt || e.at || e.time), audit.text);
});

test("a check that asks a question of its own is refused by every engine", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/db-editor/tables", {
    displayName: "Asking",
    columns: [{ name: "a", type: "number", kind: "integer", check: { raw: "(SELECT 1)" } }],
  });
  assert.equal(made.status, 422, made.text);
  assert.equal((await client.get("/api/db-editor/tables/custom_asking")).status, 404);
});
