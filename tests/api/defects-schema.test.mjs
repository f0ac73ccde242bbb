// Defects of the specifications, in structure: what they got wrong is tried from outside. The IDs
// are those of tests/defects.tsv.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { addUser, Client, contacts, repository, startWithOwner } from "../support/telaio.mjs";

const tables = "/api/db-editor/tables";

const create = async (client, body = contacts) => {
  const made = await client.post(tables, body);
  assert.equal(made.status, 201, made.text);
  return made;
};

const documented = () => {
  const page = readFileSync(join(repository, "docs/reference/errors.md"), "utf8");
  return new Set([...page.matchAll(/^\| `([a-z_]+)` \|/gm)].map((m) => m[1]));
};

const allTexts = (value) => JSON.stringify(value);

test("A-19, B-14: names and bodies are judged as they were sent", async (t) => {
  const { client } = await startWithOwner(t);
  for (const name of [" a", "a ", "\ta", 7, true, null, ["a"], { a: 1 }]) {
    const answer = await client.post(tables, { displayName: "Odd", columns: [{ name, type: "text" }] });
    assert.ok([400, 422].includes(answer.status), `${JSON.stringify(name)}: ${answer.text}`);
    assert.match(answer.error.where, /^\/columns\/0/, answer.text);
  }
  await create(client);
  const before = await client.get(`${tables}/custom_contacts`);
  for (const body of [[{ name: "a", type: "text" }], "text", 1, null]) {
    const answer = await client.post(`${tables}/custom_contacts/columns`, JSON.stringify(body), {
      "content-type": "application/json",
    });
    assert.ok([400, 422].includes(answer.status), `${JSON.stringify(body)}: ${answer.text}`);
  }
  const after = await client.get(`${tables}/custom_contacts`);
  assert.deepEqual(after.data.columns, before.data.columns);
});

test("A-20: tables of the engine, of Telaio and of the trash are out of reach", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.delete(`${tables}/custom_contacts/columns/name`);
  const plan = await client.get("/api/db-editor/trash");
  assert.equal(plan.status, 200, plan.text);
  const hidden = ["sqlite_schema", "sqlite_master", "sqlite_sequence", "users", "sessions",
    "custom_tables_registry", "schema_changes", "__telaio_trash_x_0"];
  for (const name of hidden) {
    assert.equal((await client.get(`${tables}/${name}`)).status, 404, name);
    assert.equal((await client.get(`/api/db-editor/data/${name}`)).status, 404, name);
    for (const operation of [
      { op: "DROP_TABLE", table: name },
      { op: "RENAME_TABLE", table: name, newName: "mine" },
      { op: "CREATE_COLUMN", table: name, column: { name: "a", type: "text" } },
      { op: "CREATE_INDEX", table: name, index: { columns: ["id"] } },
    ]) {
      const answer = await client.post("/api/db-editor/changes", { operations: [operation] });
      assert.ok([403, 404, 422].includes(answer.status), `${operation.op} ${name}: ${answer.text}`);
    }
  }
  const listed = (await client.get(tables)).data.tables.map((one) => one.tableName);
  assert.deepEqual(listed, ["custom_contacts"]);
});

test("A-26: a comment may say anything and stays with its column", async (t) => {
  const { client } = await startWithOwner(t);
  const comment = "what's \"that\" */ -- ; DROP TABLE x\nsecond line é 🙂";
  await create(client, { displayName: "Notes", columns: [{ name: "a", type: "text", comment }] });
  const read = async (column) =>
    (await client.get(`${tables}/custom_notes`)).data.columns.find((c) => c.name === column).comment;
  const kept = await read("a");
  assert.ok(kept.startsWith("what's \"that\"") && kept.includes("second line é 🙂"), kept);
  const added = await client.post(`${tables}/custom_notes/columns`, { name: "b", type: "number", unique: true });
  assert.equal(added.status, 201, added.text);
  assert.equal((await client.delete(`${tables}/custom_notes/columns/b`)).status, 200);
  const renamed = await client.put(`${tables}/custom_notes/columns/a`, { name: "c" });
  assert.equal(renamed.status, 200, renamed.text);
  assert.equal(await read("c"), kept);
});

test("A-56, B-43, B-84, X-18: every refusal is the same object with a documented code", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const codes = documented();
  await create(client);
  const row = await client.post("/api/custom/contacts", { email: "a@x.org" });
  const refusals = [
    await anonymous.get(tables),
    await client.get(`${tables}/nowhere`),
    await client.get("/api/custom/nowhere"),
    await client.get("/api/db-editor/data/nowhere"),
    await client.post(tables, contacts),
    await client.post(tables, { displayName: "A", columns: [] }),
    await client.post(tables, "{", { "content-type": "application/json" }),
    await client.post("/api/custom/contacts", { email: "a@x.org" }),
    await client.post("/api/custom/contacts", { email: null }),
    await client.post("/api/custom/contacts", { email: "b@x.org", age: 900 }),
    await client.post("/api/custom/contacts", { email: "b@x.org", stage: "nothing" }),
    await client.post("/api/custom/contacts", { email: "b@x.org", nope: 1 }),
    await client.get("/api/custom/contacts?limit=0"),
    await client.patch(`/api/custom/contacts/${row.data.id}`, { name: "x" }, { "if-match": '"old"' }),
    await client.delete("/api/custom/contacts/00000000-0000-7000-8000-000000000000"),
    await client.request("PUT", tables, {}),
  ];
  for (const answer of refusals) {
    assert.ok(answer.status >= 400 && answer.status < 500, answer.text);
    assert.equal(answer.json.success, false);
    assert.ok(codes.has(answer.error.code), answer.text);
    assert.ok(answer.error.message.length > 0);
    assert.equal(answer.error.requestId, answer.headers.get("x-request-id"));
    if (answer !== refusals[0]) answer.error.detail = undefined; // the owner may see the source
    assert.ok(!/sqlite|constraint failed|select |insert |syntax error|\.c:\d/i.test(allTexts(answer.error)), answer.text);
    for (const key of Object.keys(answer.error)) {
      assert.ok(["code", "message", "detail", "hint", "where", "params", "requestId"].includes(key), answer.text);
    }
  }
});

test("B-43: who may not see the source does not see its words either", async (t) => {
  const { client } = await startWithOwner(t);
  const all = { read: ["USER"], create: ["USER"], update: ["USER"], delete: ["USER"] };
  await create(client, { ...contacts, permissions: all });
  const user = await addUser(client, { email: "u@x.org", tenant: "main" });
  await user.post("/api/custom/contacts", { email: "a@x.org" });
  const answer = await user.post("/api/custom/contacts", { email: "a@x.org" });
  assert.equal(answer.status, 409, answer.text);
  assert.equal(answer.error.where, "/email");
  assert.ok(!/constraint failed|writing a row/i.test(answer.text), answer.text);
});

test("A-69, B-80, B-81: what was changed is there at once, without a restart", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const added = await client.post(`${tables}/custom_contacts/columns`, { name: "phone", type: "text", defaultValue: "-" });
  assert.equal(added.status, 201, added.text);
  assert.equal((await client.get("/api/custom/contacts")).data.rows[0].phone, "-");
  const filtered = await client.get(`/api/custom/contacts?filters=${encodeURIComponent('{"phone":"-"}')}`);
  assert.equal(filtered.data.rows.length, 1);
  assert.ok(allTexts((await client.get("/openapi.json")).json).includes("phone"));
  await client.put(`${tables}/custom_contacts`, { apiEnabled: false });
  assert.equal((await client.get("/api/custom/contacts")).status, 404);
  assert.equal((await client.get("/api/db-editor/data/custom_contacts")).status, 200);
});

test("A-68, A-70, B-13, B-118: a change says who, when, what and how it ended", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await create(client);
  const change = (await client.get(`/api/db-editor/changes/${made.data.changeId}`)).data;
  assert.ok(change.id === made.data.changeId && change.steps.length > 0);
  const text = allTexts(change);
  assert.match(text, /owner@example\.com/);
  assert.ok(Date.parse(change.createdAt) <= Date.parse(change.finishedAt), text);
  assert.ok(change.fingerprintBefore !== change.fingerprintAfter, text);
  assert.equal(change.state, "done");
  const history = await client.get("/api/db-editor/changes");
  assert.equal(history.data.changes[0].id, made.data.changeId);
});

test("B-02: a row belongs to its tenant by the table itself", async (t) => {
  const { client } = await startWithOwner(t);
  const plan = await client.post(`${tables}?dryRun=true`, contacts);
  assert.match(plan.data.steps.map((s) => s.text).join("\n"), /CHECK \(+"tenant_id" = \d+/);
});

test("B-04: unique means unique in the tenant", async (t) => {
  const { client } = await startWithOwner(t);
  for (const slug of ["alpha", "beta"]) {
    assert.equal((await client.post("/api/tenants", { slug, name: slug })).status, 201);
    const admin = await addUser(client, { email: `a@${slug}.org`, role: "TENANT_ADMIN", tenant: slug });
    await create(admin);
    assert.equal((await admin.post("/api/custom/contacts", { email: "same@x.org" })).status, 201);
    assert.equal((await admin.post("/api/custom/contacts", { email: "same@x.org" })).status, 409);
  }
});

test("B-07, B-143, X-02: ids are JSON numbers, and a tenant is never taken from a body", async (t) => {
  const { client } = await startWithOwner(t);
  const me = await client.get("/api/auth/me");
  const { user } = me.data;
  assert.equal(typeof user.id, "number", me.text);
  assert.equal(typeof user.tenantId, "number", me.text);
  const other = await client.post("/api/tenants", { slug: "beta", name: "Beta" });
  const answer = await client.post(tables, { ...contacts, tenantId: other.data.id });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.error.code, "unknown_field");
  await create(client);
  for (const tenant_id of [other.data.id, String(other.data.id), -1]) {
    const row = await client.post("/api/custom/contacts", { email: `${tenant_id}@x.org`, tenant_id });
    assert.equal(row.status, 422, row.text);
    assert.equal(row.error.where, "/tenant_id");
  }
});

test("A-18, B-10, B-16: names and tables have limits that are told", async (t) => {
  const { client } = await startWithOwner(t);
  const make = (columns, extra = {}) => client.post(tables, { displayName: "Wide", columns, ...extra });
  const long = await make([{ name: "a".repeat(59), type: "text" }]);
  assert.equal(long.status, 422, long.text);
  assert.equal(long.error.where, "/columns/0/name");
  assert.equal((await make([{ name: "a".repeat(58), type: "text" }])).status, 201);
  const many = (n) => Array.from({ length: n }, (_, i) => ({ name: `c${i}`, type: "number" }));
  const wide = await client.post(tables, { displayName: "Too wide", columns: many(3000) });
  assert.equal(wide.status, 422, wide.text);
  assert.equal(wide.error.where, "/columns");
  const title = await client.post(tables, { displayName: "x".repeat(501), columns: many(1) });
  assert.equal(title.status, 422, title.text);
  assert.equal(title.error.where, "/displayName");
});

test("B-75, A-02: the role and the level say who may change structure", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const expected = { admin: 201, developer: 201, editor: 403, user: 403 };
  for (const [level, status] of Object.entries(expected)) {
    const user = await addUser(client, { email: `${level}@x.org`, level, tenant: "main" });
    assert.equal(user.user.permissionLevel, level);
    const answer = await user.post(tables, { displayName: `By ${level}`, columns: [{ name: "a", type: "text" }] });
    assert.equal(answer.status, status, `${level}: ${answer.text}`);
  }
});

test("B-82, B-83: the path of an API is a word of its own that nothing else has", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const odd = await create(client, { displayName: "My custom_ Table", columns: [{ name: "a", type: "text" }] });
  assert.equal((await client.get(odd.data.apiPath)).status, 200, odd.text);
  for (const apiPrefix of ["../users", "/api/auth", "a b", "a/b", "", "x?y", "é", "/api/custom/"]) {
    const answer = await client.put(`${tables}/custom_contacts`, { apiPrefix });
    assert.equal(answer.status, 422, `${apiPrefix}: ${answer.text}`);
    assert.equal(answer.error.where, "/apiPrefix");
  }
  const taken = await client.put(`${tables}/custom_contacts`, { apiPrefix: odd.data.apiPath });
  assert.equal(taken.status, 409, taken.text);
  const own = await client.put(`${tables}/custom_contacts`, { apiPrefix: "people" });
  assert.equal(own.status, 200, own.text);
  assert.equal((await client.get("/api/custom/people")).status, 200);
  assert.equal((await client.get("/api/custom/contacts")).status, 404);
});

test("B-85: methods are a closed list, and each path says which it takes", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const row = await client.post("/api/custom/contacts", { email: "a@x.org" });
  const path = `/api/custom/contacts/${row.data.id}`;
  assert.equal((await client.patch(path, { name: "p" })).status, 200);
  const head = await client.request("HEAD", path);
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  const options = await client.request("OPTIONS", path);
  assert.equal(options.status, 204, options.text);
  const methods = options.headers.get("allow").split(", ").sort();
  assert.deepEqual(methods, ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "PUT"].filter((m) => methods.includes(m)));
  for (const method of ["DELETE", "GET", "PATCH", "PUT"]) assert.ok(methods.includes(method), methods.join());
  const wrong = await client.post(path, {});
  assert.equal(wrong.status, 405, wrong.text);
  assert.match(wrong.headers.get("allow"), /PATCH/);
});

test("A-24, B-103: a required column for a table with rows is told before it fails", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const column = { name: "must", type: "text", nullable: false };
  const plan = await client.post(`${tables}/custom_contacts/columns?dryRun=true`, column);
  const answer = await client.post(`${tables}/custom_contacts/columns`, column);
  assert.ok([409, 422].includes(answer.status), answer.text);
  assert.ok(plan.status !== 200 || plan.data.lint.length > 0, plan.text);
  const withDefault = await client.post(`${tables}/custom_contacts/columns`, { ...column, defaultValue: "x" });
  assert.equal(withDefault.status, 201, withDefault.text);
  assert.equal((await client.get("/api/custom/contacts")).data.rows[0].must, "x");
});

test("A-38, B-116: every change of structure can be asked for its statements first", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post(`${tables}/custom_contacts/indexes`, { name: "by_name", columns: ["name"] });
  const before = allTexts((await client.get(`${tables}/custom_contacts`)).data);
  const asked = [
    ["PUT", `${tables}/custom_contacts`, { tableName: "people" }],
    ["DELETE", `${tables}/custom_contacts`],
    ["POST", `${tables}/custom_contacts/columns`, { name: "x", type: "text" }],
    ["PUT", `${tables}/custom_contacts/columns/name`, { name: "y" }],
    ["DELETE", `${tables}/custom_contacts/columns/name`],
    ["POST", `${tables}/custom_contacts/indexes`, { columns: ["age"] }],
    ["DELETE", `${tables}/custom_contacts/indexes/by_name`],
  ];
  for (const [method, path, body] of asked) {
    const plan = await client.request(method, `${path}?dryRun=true`, body);
    assert.equal(plan.status, 200, `${method} ${path}: ${plan.text}`);
    assert.ok(plan.data.steps.length > 0 && plan.data.steps.every((s) => s.text.length > 0), plan.text);
    assert.ok(plan.data.undo.class, plan.text);
  }
  assert.equal(allTexts((await client.get(`${tables}/custom_contacts`)).data), before);
});

test("B-31, B-117: a rule fits its type, and a pattern cannot hang the server", async (t) => {
  const { client } = await startWithOwner(t);
  const make = (column) => client.post(tables, { displayName: "Rules", columns: [{ name: "a", ...column }] });
  const refused = [
    { type: "number", validation: { pattern: "x" } },
    { type: "number", validation: { minLength: 1 } },
    { type: "text", validation: { min: 1 } },
    { type: "boolean", validation: { max: 1 } },
    { type: "text", validation: { minLength: 5, maxLength: 2 } },
    { type: "text", validation: { pattern: "(" } },
    { type: "text", validation: { nope: 1 } },
  ];
  for (const column of refused) {
    const answer = await make(column);
    assert.ok([400, 422].includes(answer.status), `${JSON.stringify(column)}: ${answer.text}`);
    assert.match(answer.error.where, /^\/columns\/0\/validation/, answer.text);
  }
  const made = await make({ type: "text", validation: { pattern: "^(a+)+$" } });
  assert.equal(made.status, 201, made.text);
  const started = Date.now();
  const answer = await client.post("/api/custom/rules", { a: `${"a".repeat(5000)}!` });
  assert.equal(answer.status, 422, answer.text);
  assert.ok(Date.now() - started < 5000, "it ends in time");
  assert.equal((await client.post("/api/custom/rules", { a: "aaaa" })).status, 201);
});

test("B-120: the order of columns is how they are shown, not how they are stored", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const names = async () => (await client.get(`${tables}/custom_contacts`)).data.columns.map((c) => c.name);
  const before = await names();
  const moved = await client.put(`${tables}/custom_contacts/columns/stage`, { order: 1 });
  assert.equal(moved.status, 200, moved.text);
  const after = await names();
  assert.ok(after.indexOf("stage") < after.indexOf("email"), after.join());
  assert.deepEqual([...after].sort(), [...before].sort());
  const history = await client.get("/api/db-editor/changes");
  assert.equal(history.data.changes.length, 1, "no change of structure was needed");
});

test("B-140: one origin, and nobody else's page is let in", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const foreign = { origin: "https://evil.example" };
  for (const answer of [
    await client.get(tables, foreign),
    await client.request("OPTIONS", tables, undefined, { ...foreign, "access-control-request-method": "POST" }),
    await anonymous.get("/", foreign),
  ]) {
    assert.equal(answer.headers.get("access-control-allow-origin"), null);
  }
  const login = await anonymous.post("/api/auth/login", { email: "owner@example.com", password: "correct horse battery" });
  const cookie = login.headers.get("set-cookie");
  assert.match(cookie, /HttpOnly/i);
  assert.match(cookie, /SameSite=(Lax|Strict)/i);
  const withCookie = { cookie: cookie.split(";")[0] };
  assert.equal((await anonymous.get("/api/auth/me", withCookie)).status, 200);
  const forged = await anonymous.post(tables, contacts, { ...withCookie, ...foreign });
  assert.equal(forged.status, 403, forged.text);
});

test("B-148: a list of tables shows what the caller may see, in pages", async (t) => {
  const { client } = await startWithOwner(t);
  for (const displayName of ["One", "Two", "Three"]) {
    await create(client, { displayName, columns: [{ name: "a", type: "text" }] });
  }
  const token = await client.post("/api/tokens", { name: "narrow", allow: ["tables.read@table:custom_one"] });
  assert.equal(token.status, 201, token.text);
  const narrow = new Client(client.url, { token: token.data.secret ?? token.data.token });
  const seen = (await narrow.get(tables)).data.tables.map((one) => one.tableName);
  assert.deepEqual(seen, ["custom_one"]);
  assert.equal((await narrow.get(`${tables}/custom_two`)).status, 404);
  const page = await client.get(`${tables}?limit=2`);
  assert.equal(page.data.tables.length, 2, page.text);
  assert.ok(page.meta.nextCursor, page.text);
  const rest = await client.get(`${tables}?limit=2&cursor=${encodeURIComponent(page.meta.nextCursor)}`);
  assert.equal(rest.data.tables.length, 1, rest.text);
  const all = [...page.data.tables, ...rest.data.tables].map((one) => one.tableName).sort();
  assert.deepEqual(all, ["custom_one", "custom_three", "custom_two"]);
});

test("X-22, B-77: nobody is there before the set-up link, and nobody passes by it", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  for (const body of [
    { token: "wrong", email: "x@x.org", password: "long enough password" },
    { email: "x@x.org", password: "long enough password" },
  ]) {
    assert.ok([400, 404, 422].includes((await anonymous.post("/api/auth/setup", body)).status));
  }
  for (const password of ["admin", "password", "", "telaio"]) {
    const answer = await anonymous.post("/api/auth/login", { email: "admin@example.com", password });
    assert.ok([400, 401, 422].includes(answer.status), answer.text);
  }
  const audit = allTexts((await client.get("/api/db-editor/audit")).json);
  assert.equal((await client.get("/api/auth/me")).data.user.role, "OWNER", audit);
});
