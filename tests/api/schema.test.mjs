// The schema through HTTP, further: every route with the wrong role and the wrong tenant, the plan of
// every route, both vocabularies, columns, confirmation, history, trash and audit.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addUser, Client, contacts, dataFolder, hasData, repository, startWithOwner, temporaryFolder, testStore } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const one = { name: "a", type: "text" };

const make = async (client, displayName, columns = [one], more = {}) => {
  const made = await client.post(`${editor}/tables`, { displayName, columns, ...more });
  assert.equal(made.status, 201, made.text);
  return made.data;
};

const columnOf = (table, name) => table.data.columns.find((column) => column.name === name);

// Every route that changes structure: [method, path, body]. The table is custom_contacts.
const changing = (undo, trash) => [
  ["POST", `${editor}/tables`, { displayName: "More", columns: [one] }],
  ["PUT", `${editor}/tables/custom_contacts`, { tableName: "people" }],
  ["PUT", `${editor}/tables/custom_contacts`, { displayName: "People" }],
  ["DELETE", `${editor}/tables/custom_contacts`],
  ["POST", `${editor}/tables/custom_contacts/columns`, { name: "more", type: "text" }],
  ["PUT", `${editor}/tables/custom_contacts/columns/name`, { name: "full_name" }],
  ["PUT", `${editor}/tables/custom_contacts/columns/name`, { displayName: "Full name" }],
  ["DELETE", `${editor}/tables/custom_contacts/columns/name`],
  ["POST", `${editor}/tables/custom_contacts/indexes`, { columns: ["name"] }],
  ["DELETE", `${editor}/tables/custom_contacts/indexes/idx_custom_contacts_age`],
  ["POST", `${editor}/changes`, { operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] }],
  ["POST", `${editor}/changes/${undo}:undo`],
  ["POST", `${editor}/trash/${trash}:restore`],
  ["DELETE", `${editor}/trash/${trash}`],
];
const reading = (undo, trash) => [
  ["GET", `${editor}/changes`],
  ["GET", `${editor}/changes/${undo}`],
  ["GET", `${editor}/trash`],
  ["GET", `${editor}/trash/${trash}`],
  ["GET", `${editor}/audit`],
  ["POST", `${editor}/changes:preview`, { operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] }],
];

// A table with something to undo and something in the trash.
const withHistory = async (client) => {
  await make(client, contacts.displayName, contacts.columns);
  await client.post(`${editor}/tables/custom_contacts/indexes`, { columns: ["age"] });
  const dropped = await client.delete(`${editor}/tables/custom_contacts/columns/balance`);
  const trash = await client.get(`${editor}/trash`);
  return [dropped.data.changeId, trash.data.items[0].id];
};

const state = async (client) => {
  const table = await client.get(`${editor}/tables/custom_contacts`);
  const changes = await client.get(`${editor}/changes`);
  const tables = await client.get(`${editor}/tables`);
  const trash = await client.get(`${editor}/trash`);
  return { table: table.data, changes: changes.data, tables: tables.data, trash: trash.data };
};

test("no schema route opens without credentials or with the wrong role (B-72, B-76)", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const [undo, trash] = await withHistory(client);
  const user = await addUser(client, { email: "user@example.com", role: "USER" });
  const before = await state(client);
  const routes = [...changing(undo, trash), ...reading(undo, trash)];
  for (const [method, path, body] of [...routes, ["GET", `${editor}/tables`], ["GET", `${editor}/tables/custom_contacts`]]) {
    const nobody = await anonymous.request(method, path, body);
    assert.equal(nobody.status, 401, `${method} ${path}: ${nobody.text}`);
  }
  for (const [method, path, body] of routes) {
    const refused = await user.request(method, path, body);
    assert.equal(refused.status, 403, `${method} ${path}: ${refused.text}`);
    const dry = await user.request(method, path + (path.includes(":preview") ? "" : "?dryRun=true"), body);
    assert.ok([400, 403].includes(dry.status), `${method} ${path} dry: ${dry.text}`);
  }
  assert.equal((await user.get(`${editor}/tables`)).status, 200);
  assert.deepEqual(await state(client), before);
});

test("another tenant's schema is not there (B-01, B-03, B-05, B-143)", async (t) => {
  const { client, server } = await startWithOwner(t);
  const [undo, trash] = await withHistory(client);
  assert.equal((await client.post("/api/tenants", { slug: "north", name: "North" })).status, 201);
  const stranger = await addUser(client, { email: "a@north.org", role: "TENANT_ADMIN", tenant: "north" });
  const before = await state(client);
  for (const [method, path, body] of [...changing(undo, trash), ...reading(undo, trash)]) {
    if (path === `${editor}/tables`) continue;
    const answer = await stranger.request(method, path, body);
    const lists = [`${editor}/changes`, `${editor}/trash`, `${editor}/audit`];
    if (method === "GET" && lists.includes(path)) {
      assert.equal(answer.status, 200, answer.text);
      assert.ok(!answer.text.includes("contacts"), `${path}: ${answer.text}`);
    } else {
      assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`);
      assert.ok(!answer.text.includes("balance"), answer.text);
    }
    const there = await stranger.request(method, path, body, { "x-telaio-tenant": "main" });
    assert.equal(there.status, 404, `${method} ${path}: ${there.text}`);
  }
  assert.deepEqual((await stranger.get(`${editor}/tables`)).data.tables, []);
  // the same name is free there
  const theirs = await make(stranger, contacts.displayName, contacts.columns);
  assert.equal(theirs.tableName, "custom_contacts");
  assert.deepEqual(await state(client), before);
  const north = new Client(server.url, { token: client.token, tenant: "north" });
  assert.equal((await north.get(`${editor}/tables`)).data.tables.length, 1);
});

test("dryRun shows the plan of every route and changes nothing (A-38, B-116)", async (t) => {
  const { client } = await startWithOwner(t);
  const [undo, trash] = await withHistory(client);
  const before = await state(client);
  for (const [method, path, body] of changing(undo, trash)) {
    const plan = await client.request(method, `${path}?dryRun=true`, body);
    assert.equal(plan.status, 200, `${method} ${path}: ${plan.text}`);
    for (const field of ["operations", "steps", "lint", "checks"]) {
      assert.ok(Array.isArray(plan.data[field]), `${method} ${path} ${field}: ${plan.text}`);
    }
    assert.ok(plan.data.undo.class);
  }
  assert.deepEqual(await state(client), before);
});

test("a list of changes runs whole or not at all, and both forms mean the same (A-72, B-40, B-42)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things");
  const half = await client.post(`${editor}/changes`, {
    operations: [
      { op: "CREATE_COLUMN", table: "custom_things", column: { name: "b", type: "text" } },
      { op: "DROP_COLUMN", table: "custom_things", column: "nothing" },
    ],
  });
  assert.equal(half.status, 404, half.text);
  assert.equal(half.error.where, "/operations/1/column");
  assert.equal(columnOf(await client.get(`${editor}/tables/custom_things`), "b"), undefined);
  const both = await client.post(`${editor}/changes`, {
    operations: [
      { op: "CREATE_COLUMN", table: "custom_things", column: { name: "b", type: "STRING", allowNull: false, default_value: "x" } },
      { type: "CREATE_COLUMN", datasource: "main", collection: "custom_things", details: { name: "c", type: "BIGINT" } },
      { type: "RENAME_COLUMN", collection: "custom_things", details: { oldName: "a", newName: "d" } },
    ],
  });
  assert.equal(both.status, 201, both.text);
  const table = await client.get(`${editor}/tables/custom_things`);
  assert.equal(columnOf(table, "b").type, "text");
  assert.equal(columnOf(table, "b").nullable, false);
  assert.equal(columnOf(table, "b").defaultValue, "x");
  assert.equal(columnOf(table, "c").type, "number");
  assert.ok(columnOf(table, "d"));
  const undone = await client.post(`${editor}/changes/${both.data.changeId}:undo`);
  assert.equal(undone.status, 201, undone.text);
  assert.equal(undone.data.undoOf, both.data.changeId);
  assert.ok(columnOf(await client.get(`${editor}/tables/custom_things`), "a"));
  const again = await client.post(`${editor}/changes/${both.data.changeId}:undo`);
  assert.equal(again.status, 409, again.text);
});

test("unknown fields and operations are named (A-56, A-72)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things");
  const bad = [
    ["POST", `${editor}/changes`, { operations: [{ op: "DROP_DATABASE", table: "x" }] }, 422, "/operations/0/op"],
    ["POST", `${editor}/changes`, { operations: [{ op: "DROP_TABLE", table: "x", cascade: true }] }, 400, "/operations/0/cascade"],
    ["POST", `${editor}/changes`, { operations: [{ op: "DROP_TABLE", table: "x", trash: "y" }] }, 400, "/operations/0/trash"],
    ["POST", `${editor}/changes`, { operations: [], other: 1 }, 400, "/other"],
    ["POST", `${editor}/changes`, { operations: [] }, 422, "/operations"],
    ["POST", `${editor}/changes`, { operations: {} }, 422, "/operations"],
    ["POST", `${editor}/changes`, {}, 422, "/operations"],
    ["POST", `${editor}/changes`, { planId: "x", operations: [] }, 422, "/operations"],
    ["POST", `${editor}/changes`, { planId: "nothing" }, 404],
    ["POST", `${editor}/changes`, [], 422, "/"],
    ["POST", `${editor}/tables`, { displayName: "X", columns: [one], colour: "red" }, 400, "/colour"],
    ["POST", `${editor}/tables`, { displayName: "X", columns: [{ ...one, typo: 1 }] }, 400, "/columns/0/typo"],
    ["POST", `${editor}/tables`, { displayName: "X", columns: [one, { name: "b", type: "text", validation: { min: 1 } }] }, 422, "/columns/1/validation"],
    ["POST", `${editor}/tables`, { displayName: "X", columns: [{ name: "b", type: "text", validation: { pattern: "[" } }] }, 422, "/columns/0/validation/pattern"],
    ["POST", `${editor}/tables`, { columns: [one] }, 422, "/displayName"],
    ["POST", `${editor}/tables`, { displayName: "X", icon: "<svg>", columns: [one] }, 422, "/icon"],
    ["PUT", `${editor}/tables/custom_things`, { name: "x" }, 400, "/name"],
    ["PUT", `${editor}/tables/custom_things`, {}, 422, "/"],
    ["PUT", `${editor}/tables/custom_things`, { displayName: "" }, 422, "/displayName"],
    ["PUT", `${editor}/tables/custom_things`, { apiPrefix: "/api/users" }, 422, "/apiPrefix"],
    ["PUT", `${editor}/tables/custom_things/columns/a`, { colour: "red" }, 400, "/colour"],
    ["PUT", `${editor}/tables/custom_things/columns/a`, { type: "number" }, 422, "/type"],
    ["PUT", `${editor}/tables/custom_things/columns/a`, { nullable: false }, 422, "/nullable"],
    ["PUT", `${editor}/tables/custom_things/columns/nothing`, { name: "b" }, 404],
    ["POST", `${editor}/tables/custom_things/columns`, { type: "text" }, 422, "/name"],
    ["POST", `${editor}/tables/custom_things/columns`, { name: "A", type: "text" }, 409, "/name"],
    ["POST", `${editor}/tables/custom_things/indexes`, { columns: ["nothing"] }, 422, "/columns/0"],
    ["POST", `${editor}/tables/custom_things/indexes`, { columns: ["a"], using: "btree" }, 400, "/using"],
    ["DELETE", `${editor}/tables/custom_things/indexes/nothing`, undefined, 404],
  ];
  for (const [method, path, body, status, where] of bad) {
    const answer = await client.request(method, path, body);
    assert.equal(answer.status, status, `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`);
    if (where) assert.equal(answer.error.where, where, `${JSON.stringify(body)}: ${answer.text}`);
  }
  assert.equal((await client.get(`${editor}/tables?page=2`)).status, 400);
  assert.equal((await client.get(`${editor}/tables?limit=0`)).status, 400);
  assert.equal((await client.get(`${editor}/tables?source=other`)).status, 404);
  assert.equal((await client.get(`${editor}/audit?since=yesterday`)).status, 400);
});

test("what is not built yet answers 404", async (t) => {
  const { client } = await startWithOwner(t);
  for (const path of ["relationships", "views", "endpoints", "nothing"]) {
    assert.equal((await client.get(`${editor}/${path}`)).status, 404, path);
  }
  assert.equal((await client.post(`${editor}/query`, {})).status, 404);
});

test("a column is renamed, shown, ordered and made unique by one route (A-08, B-117, B-120)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things", [one, { name: "b", type: "text" }, { name: "c", type: "number", kind: "integer" }]);
  const path = `${editor}/tables/custom_things/columns`;
  const set = await client.put(`${path}/b`, {
    name: "label", displayName: "Label", comment: "what it says", unique: true, order: 1,
    validation: { maxLength: 10, pattern: "^x" }, options: { width: 200 },
  });
  assert.equal(set.status, 200, set.text);
  assert.ok(set.data.changeId);
  assert.equal(set.data.name, "label");
  const table = await client.get(`${editor}/tables/custom_things`);
  const column = columnOf(table, "label");
  assert.equal(column.displayName, "Label");
  assert.equal(column.comment, "what it says");
  assert.equal(column.unique, true);
  assert.equal(column.order, 1);
  assert.deepEqual(column.validation, { maxLength: 10, pattern: "^x" });
  assert.deepEqual(column.options, { width: 200 });
  assert.deepEqual(
    table.data.columns.map((c) => c.name),
    ["id", "tenant_id", "label", "a", "c", "created_at", "updated_at", "created_by"],
  );
  // what a GET says may be sent back
  const same = await client.put(`${path}/label`, column);
  assert.equal(same.status, 200, same.text);
  assert.equal(same.data.changeId, undefined);
  const plain = await client.put(`${path}/label`, { unique: false, validation: null, comment: "" });
  assert.equal(plain.status, 200, plain.text);
  const after = columnOf(await client.get(`${editor}/tables/custom_things`), "label");
  assert.equal(after.unique, false);
  assert.equal(after.validation ?? null, null);
  assert.ok(!after.comment);
  for (const name of ["id", "created_at"]) {
    assert.equal((await client.put(`${path}/${name}`, { name: "x" })).status, 422);
    assert.equal((await client.put(`${path}/${name}`, { displayName: "Shown" })).status, 200);
  }
});

test("rules of a column are widened, narrowed and taken back (B-10, B-31, B-117)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things", [{ name: "stars", type: "number", kind: "integer", validation: { min: 1, max: 5 } }]);
  const path = `${editor}/tables/custom_things/columns/stars`;
  const insert = async (stars) => (await client.post("/api/custom/things", { stars })).status;
  assert.equal(await insert(7), 422);
  const plan = await client.put(`${path}?dryRun=true`, { validation: { min: 1, max: 10 } });
  assert.deepEqual(plan.data.operations.map((o) => o.op), ["MODIFY_COLUMN"]);
  assert.ok(testStore || plan.data.steps.some((step) => step.rewrite)); // SQLite makes the table anew
  const wider = await client.put(path, { validation: { min: 1, max: 10 } });
  assert.equal(wider.status, 200, wider.text);
  assert.ok(wider.data.changeId);
  assert.equal(await insert(7), 201);
  const broken = await client.put(path, { validation: { min: 1, max: 6 } });
  assert.equal(broken.status, 422, broken.text);
  assert.equal(broken.error.code, "check_violation");
  assert.deepEqual(columnOf(await client.get(`${editor}/tables/custom_things`), "stars").validation, { min: 1, max: 10 });
  const none = await client.put(path, { validation: null });
  assert.equal(none.status, 200, none.text);
  assert.equal(await insert(-3), 201);
  const undone = await client.post(`${editor}/changes/${none.data.changeId}:undo`);
  assert.equal(undone.status, 422, undone.text); // a row is there that the rule forbids
  const back = await client.post(`${editor}/changes/${wider.data.changeId}:undo`);
  assert.equal(back.status, 409, back.text); // the rules went after it: first that is undone
  const kept = await client.put(`${editor}/tables/custom_things/columns/created_by`, { validation: { max: 3 } });
  assert.equal(kept.status, 422, kept.text);
  const other = await client.post(`${editor}/changes`, {
    operations: [{ op: "MODIFY_COLUMN", table: "custom_things", column: "stars", set: { type: "text" } }],
  });
  assert.equal(other.status, 422, other.text);
  assert.equal(other.error.code, "unsupported");
});

test("a change that loses data wants a yes, and the answer shows the plan (A-11)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things");
  const operations = [{ op: "DROP_TABLE", table: "custom_things", noTrash: true }];
  const asked = await client.post(`${editor}/changes`, { operations });
  assert.equal(asked.status, 409, asked.text);
  assert.equal(asked.error.code, "confirmation_required");
  assert.ok(asked.error.params.plan.steps.length > 0);
  assert.equal(asked.error.params.plan.undo.class, "none");
  const { hazards } = asked.error.params;
  assert.ok(hazards.length > 0);
  const wrong = await client.post(`${editor}/changes`, { operations, confirm: ["XX001:0"] });
  assert.equal(wrong.status, 409, wrong.text);
  const preview = await client.post(`${editor}/changes:preview`, { operations });
  const planned = await client.post(`${editor}/changes?confirm=${hazards.join(",")}`, { planId: preview.data.planId });
  assert.equal(planned.status, 201, planned.text);
  assert.equal(planned.data.undoable, false);
  assert.equal((await client.get(`${editor}/tables`)).data.tables.length, 0);
});

test("the same table is not made twice, whoever asks at once (A-52, A-73)", async (t) => {
  const { client } = await startWithOwner(t);
  const answers = await Promise.all(
    Array.from({ length: 6 }, () => client.post(`${editor}/tables`, { displayName: "Things", columns: [one] })),
  );
  assert.deepEqual(answers.map((a) => a.status).sort(), [201, 409, 409, 409, 409, 409]);
  const others = await Promise.all(
    Array.from({ length: 6 }, (_, i) => client.post(`${editor}/tables`, { displayName: `Café ${i % 2 ? "!" : "?"}${"-".repeat(i)}`, columns: [one] })),
  );
  assert.deepEqual(others.map((a) => a.status), Array(6).fill(201), others.map((a) => a.text).join("\n"));
  assert.equal(new Set(others.map((a) => a.data.tableName)).size, 6);
});

test("the API of a table follows its switch and its address (B-80, B-81, B-82)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Things");
  await make(client, "Firms");
  const path = `${editor}/tables/custom_things`;
  assert.equal((await client.get("/api/custom/things")).status, 200);
  assert.equal((await client.put(path, { api_enabled: false })).status, 200);
  assert.equal((await client.get("/api/custom/things")).status, 404);
  assert.equal((await client.get(path)).data.apiEnabled, false);
  assert.equal((await client.put(path, { apiEnabled: true, api_prefix: "/api/custom/stuff" })).status, 200);
  assert.equal((await client.get("/api/custom/stuff")).status, 200);
  assert.equal((await client.get("/api/custom/things")).status, 404);
  assert.equal((await client.put(path, { apiPrefix: "firms" })).status, 409);
});

test("a change that rewrites many rows runs as a job, and so does its undo", { skip: testStore && "nothing is made anew there" }, async (t) => {
  const { client } = await startWithOwner(t, { env: { TELAIO_JOB_ROWS: "5" } });
  await make(client, "Things", [one, { name: "b", type: "text", unique: true }]);
  await client.post("/api/custom/things", Array.from({ length: 20 }, (_, i) => ({ a: `a${i}`, b: `b${i}` })));
  const before = (await client.get("/api/custom/things?sort=b")).data.rows;
  const finished = async (started) => {
    assert.equal(started.status, 202, started.text);
    const { job } = started.data;
    assert.equal(started.headers.get("location"), `/api/jobs/${job.id}`);
    for (;;) {
      const now = await client.get(`/api/jobs/${job.id}`);
      assert.equal(now.status, 200, now.text);
      if (!["queued", "running", "pending"].includes(now.data.state)) return now.data;
      await new Promise((done) => setTimeout(done, 20));
    }
  };
  const asked = await client.post(`${editor}/changes`, {
    operations: [{ op: "DROP_COLUMN", table: "custom_things", column: "b", noTrash: true }],
  });
  assert.equal(asked.status, 409, asked.text);
  assert.ok(asked.error.params.plan.steps.length > 0);
  const dropped = await finished(await client.delete(`${editor}/tables/custom_things/columns/b`));
  assert.equal(dropped.state, "done", JSON.stringify(dropped));
  const change = await client.get(`${editor}/changes/${dropped.result.changeId}`);
  assert.equal(change.data.state, "done");
  assert.equal(change.data.createdBy.email, "owner@example.com");
  assert.ok(!("b" in (await client.get("/api/custom/things")).data.rows[0]));
  const undone = await finished(await client.post(`${editor}/changes/${dropped.result.changeId}:undo`));
  assert.equal(undone.state, "done", JSON.stringify(undone));
  assert.deepEqual((await client.get("/api/custom/things?sort=b")).data.rows, before);
  // a list with few rows to rewrite answers at once, and a plan that was previewed may be a job
  const quick = await client.post(`${editor}/tables/custom_things/columns`, { name: "c", type: "text" });
  assert.equal(quick.status, 201, quick.text);
  const { data } = await client.post(`${editor}/changes:preview`, {
    operations: [{ op: "DROP_COLUMN", table: "custom_things", column: "c" }],
  });
  const planned = await finished(await client.post(`${editor}/changes`, { planId: data.planId }));
  assert.equal(planned.result.changeId, data.planId);
});

test("lists of tables are searched and paged, changes and audit too (B-148)", async (t) => {
  const { client } = await startWithOwner(t);
  for (const name of ["Alpha", "Beta", "Gamma", "Beta two"]) await make(client, name);
  const seen = [];
  let path = `${editor}/tables?limit=3`;
  for (let i = 0; i < 2; i++) {
    const page = await client.get(path);
    seen.push(...page.data.tables.map((table) => table.displayName));
    path = `${editor}/tables?limit=3&cursor=${page.meta?.nextCursor}`;
    assert.equal(Boolean(page.meta?.nextCursor), i === 0, page.text);
  }
  assert.deepEqual(seen.sort(), ["Alpha", "Beta", "Beta two", "Gamma"]);
  const found = await client.get(`${editor}/tables?search=BETA`);
  assert.equal(found.data.tables.length, 2);
  const first = await client.get(`${editor}/changes?limit=3`);
  assert.equal(first.data.changes.length, 3);
  const rest = await client.get(`${editor}/changes?limit=3&cursor=${first.meta.nextCursor}`);
  assert.equal(rest.data.changes.length, 1);
  const ofOne = await client.get(`${editor}/changes?table=custom_beta`);
  assert.equal(ofOne.data.changes.length, 1);
  assert.equal((await client.get(`${editor}/changes?state=failed`)).data.changes.length, 0);
  const audit = await client.get(`${editor}/audit?action=schema.*&limit=3`);
  assert.equal(audit.data.entries.length, 3);
  const more = await client.get(`${editor}/audit?action=schema.*&limit=3&cursor=${audit.meta.nextCursor}`);
  assert.equal(more.data.entries.length, 1);
});

test("the audit says who, when, from where, the statement and the outcome (A-68, A-70, B-118)", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await make(client, "Things");
  const dropped = await client.delete(`${editor}/tables/custom_things`, { "x-request-id": "my-request" });
  const [item] = (await client.get(`${editor}/trash`)).data.items;
  assert.equal(item.displayName, "Things");
  assert.equal(item.droppedBy.email, "owner@example.com");
  assert.equal((await client.delete(`${editor}/trash/${item.id}`)).status, 200);
  const { entries } = (await client.get(`${editor}/audit`)).data;
  const entry = entries.find((e) => e.changeId === dropped.data.changeId);
  assert.equal(entry.user.email, "owner@example.com");
  assert.equal(entry.requestId, "my-request");
  assert.equal(entry.outcome, "done");
  assert.ok(Date.parse(entry.createdAt) > Date.now() - 60_000);
  assert.match(entry.statement, /(ALTER TABLE "custom_things" RENAME TO|RENAME TABLE `custom_things` TO)/);
  assert.match(entries.find((e) => e.changeId === made.changeId).statement, /CREATE TABLE ["`]custom_things["`]/);
  assert.ok(entries.some((e) => e.action === "trash.purge" && e.object === "custom_things"));
});

test("a dropped table keeps its place in relations and comes back with them (B-12, B-113)", async (t) => {
  const { client } = await startWithOwner(t);
  await make(client, "Companies", [{ name: "name", type: "text" }]);
  await make(client, "Staff", [{ name: "company", type: "relation", relatedTable: "custom_companies" }]);
  const companies = async () => (await client.get(`${editor}/tables/custom_companies`)).data;
  const before = await companies();
  assert.deepEqual(before.relationships.map((r) => [r.type, r.targetTable]), [["hasMany", "custom_staff"]]);
  const dropped = await client.delete(`${editor}/tables/custom_companies`);
  assert.equal(dropped.status, 200, dropped.text);
  const back = await client.post(`${editor}/changes/${dropped.data.changeId}:undo`);
  assert.equal(back.status, 201, back.text);
  const after = await companies();
  assert.deepEqual(after.relationships, before.relationships);
  assert.deepEqual(after.columns, before.columns);
  const staff = await client.get(`${editor}/tables/custom_staff`);
  assert.equal(columnOf(staff, "company").type, "relation");
  assert.equal(columnOf(staff, "company").relatedTable, "custom_companies");
  await client.put(`${editor}/tables/custom_companies`, { tableName: "firms" });
  assert.equal(columnOf(await client.get(`${editor}/tables/custom_staff`), "company").relatedTable, "custom_firms");
});

// What sqlite3 itself says of a table: columns, keys, foreign keys with their actions, indexes.
const structureOf = (file) => {
  const query = (sql, input) => {
    const result = spawnSync("sqlite3", ["-json", file, sql], { encoding: "utf8", input });
    assert.equal(result.status, 0, result.stderr);
    return result.stdout.trim() ? JSON.parse(result.stdout) : [];
  };
  const family = (type) => (/INT/i.test(type) ? "integer" : /CHAR|TEXT/i.test(type) ? (/DATE/i.test(type) ? "datetime" : "text") : /DATE/i.test(type) ? "datetime" : "decimal");
  const names = query("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name").map((r) => r.name);
  return names.map((name) => ({
    name,
    columns: query(`PRAGMA table_info("${name}")`).map((c) => [c.name, family(c.type), c.notnull, c.pk]),
    foreignKeys: query(`PRAGMA foreign_key_list("${name}")`)
      .map((k) => [k.from, k.table, k.to, k.on_delete, k.on_update])
      .sort(),
    indexes: query(`SELECT il.name, il."unique", group_concat(ii.name) AS columns FROM pragma_index_list('${name}') il, pragma_index_info(il.name) ii WHERE il.origin = 'c' GROUP BY il.name ORDER BY il.name`)
      .map((i) => [i.name, i.unique, i.columns]),
  }));
};

test("Chinook made by a change list has the structure of the reference", { skip: (!hasData && "no ../shared/data") || (testStore && "compares files") }, async (t) => {
  const { client, server } = await startWithOwner(t);
  const reference = join(temporaryFolder(t), "reference.db");
  const sql = readFileSync(join(dataFolder, "chinook/chinook_sqlite.sql"), "utf8");
  assert.equal(spawnSync("sqlite3", [reference], { input: sql }).status, 0);
  const made = await client.post(`${editor}/changes`, JSON.parse(readFileSync(join(repository, "tests/chinook/changes.json"), "utf8")));
  assert.equal(made.status, 201, made.text);
  await server.stop();
  const [file] = readdirSync(join(server.folder, "tenants")).filter((name) => name.endsWith(".db"));
  const own = structureOf(join(server.folder, "tenants", file));
  assert.equal(own.length, 11);
  assert.deepEqual(own, structureOf(reference));
});
