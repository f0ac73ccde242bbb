// Every route without credentials and with the wrong role; tenants never meet; protocol limits.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, Client, contacts, raw, startWithOwner } from "../support/telaio.mjs";

const uuid = "00000000-0000-7000-8000-000000000000";

// What a plain USER of the tenant may not do, from contract.md.
const administrative = [
  ["GET", "/api/users"], ["POST", "/api/users", { email: "x@x.org", password: "long enough password" }],
  ["PATCH", "/api/users/1", { isActive: false }],
  ["GET", "/api/tenants"], ["POST", "/api/tenants", { slug: "x" }], ["PATCH", "/api/tenants/main", { name: "x" }],
  ["POST", "/api/db-editor/tables", contacts],
  ["PUT", "/api/db-editor/tables/custom_contacts", { displayName: "x" }],
  ["DELETE", "/api/db-editor/tables/custom_contacts"],
  ["POST", "/api/db-editor/tables/custom_contacts/columns", { name: "x", type: "text" }],
  ["PUT", "/api/db-editor/tables/custom_contacts/columns/name", { name: "y" }],
  ["DELETE", "/api/db-editor/tables/custom_contacts/columns/name"],
  ["POST", "/api/db-editor/tables/custom_contacts/indexes", { columns: ["name"] }],
  ["DELETE", "/api/db-editor/tables/custom_contacts/indexes/x"],
  ["POST", "/api/db-editor/changes:preview", { operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] }],
  ["POST", "/api/db-editor/changes", { operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] }],
  ["POST", `/api/db-editor/changes/${uuid}:undo`],
  ["GET", "/api/db-editor/trash"], ["POST", `/api/db-editor/trash/${uuid}:restore`], ["DELETE", `/api/db-editor/trash/${uuid}`],
  ["GET", "/api/db-editor/audit"],
  ["POST", "/api/custom/contacts", { email: "b@x.org" }],
  ["PUT", `/api/custom/contacts/${uuid}`, { name: "x" }],
  ["PATCH", `/api/custom/contacts/${uuid}`, { name: "x" }],
  ["DELETE", `/api/custom/contacts/${uuid}`],
  ["POST", "/api/custom/contacts:bulk", { operations: [{ method: "DELETE", id: uuid }] }],
  ["POST", "/api/db-editor/data/custom_contacts", { email: "b@x.org" }],
  ["POST", "/api/db-editor/import/custom_contacts", "email\nb@x.org\n"],
];

const readable = [
  ["GET", "/api/auth/me"], ["GET", "/api/db-editor/tables"], ["GET", "/api/db-editor/tables/custom_contacts"],
  ["GET", "/api/custom/contacts"], ["GET", "/api/db-editor/data/custom_contacts"], ["GET", "/api/tokens"], ["GET", "/openapi.json"],
];

test("no route works without credentials (B-71, B-72, B-76)", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  for (const [method, path, body] of [...administrative, ...readable]) {
    const answer = await anonymous.request(method, path, body, typeof body === "string" ? { "content-type": "text/csv" } : {});
    assert.equal(answer.status, 401, `${method} ${path}: ${answer.status} ${answer.text}`);
    assert.equal(answer.error.code, "unauthenticated");
    assert.ok(answer.error.requestId);
    const forged = await new Client(client.url, { token: "tel_forged" }).request(method, path, body);
    assert.equal(forged.status, 401, `${method} ${path} with a forged token`);
  }
});

test("a plain user reads what the table's permissions say and nothing else (B-70, B-72)", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  const user = await addUser(client, { email: "u@example.com", tenant: "main" });
  for (const [method, path, body] of administrative) {
    const answer = await user.request(method, path, body, typeof body === "string" ? { "content-type": "text/csv" } : {});
    assert.equal(answer.status, 403, `${method} ${path}: ${answer.status} ${answer.text}`);
  }
  for (const [method, path] of readable) {
    assert.equal((await user.request(method, path)).status, 200, `${method} ${path}`);
  }
  await client.put("/api/db-editor/tables/custom_contacts", {
    permissions: { read: ["TENANT_ADMIN"], create: ["TENANT_ADMIN"], update: ["TENANT_ADMIN"], delete: ["TENANT_ADMIN"] },
  });
  assert.ok([403, 404].includes((await user.get("/api/custom/contacts")).status));
  assert.ok([403, 404].includes((await user.get("/api/db-editor/data/custom_contacts")).status), "one choke point");
  assert.ok([403, 404].includes((await user.post("/api/db-editor/export/custom_contacts?format=csv")).status));
});

test("two tenants both have Contacts and never meet (B-01, B-03, B-05, B-74)", async (t) => {
  const { client } = await startWithOwner(t);
  for (const slug of ["alpha", "beta"]) {
    const made = await client.post("/api/tenants", { slug, name: slug });
    assert.equal(made.status, 201, made.text);
  }
  const alpha = await addUser(client, { email: "a@alpha.org", role: "TENANT_ADMIN", tenant: "alpha" });
  const beta = await addUser(client, { email: "b@beta.org", role: "TENANT_ADMIN", tenant: "beta" });
  for (const admin of [alpha, beta]) {
    const made = await admin.post("/api/db-editor/tables", contacts);
    assert.equal(made.status, 201, made.text);
    assert.equal(made.data.tableName, "custom_contacts");
  }
  const row = await alpha.post("/api/custom/contacts", { email: "secret@alpha.org" });
  assert.equal(row.status, 201, row.text);
  assert.equal((await beta.get("/api/custom/contacts")).data.rows.length, 0);
  assert.equal((await beta.get(`/api/custom/contacts/${row.data.id}`)).status, 404);
  assert.equal((await beta.delete(`/api/custom/contacts/${row.data.id}`)).status, 404);
  // the header is checked, never trusted
  const crossed = await beta.get("/api/custom/contacts", { "x-telaio-tenant": "alpha" });
  assert.ok([403, 404].includes(crossed.status), crossed.text);
  const unknown = await client.get("/api/custom/contacts", { "x-telaio-tenant": "nowhere" });
  assert.ok([403, 404].includes(unknown.status), unknown.text);
  const platform = await client.get("/api/custom/contacts", { "x-telaio-tenant": "alpha" });
  assert.equal(platform.data.rows.length, 1);
  assert.equal((await client.get("/api/custom/contacts")).status, 404, "main has no Contacts");
  const only = await alpha.post("/api/db-editor/tables", { displayName: "Only alpha", columns: [{ name: "a", type: "text" }] });
  assert.equal(only.status, 201);
  const relation = await beta.post("/api/db-editor/tables", {
    displayName: "Thief", columns: [{ name: "x", type: "relation", relatedTable: "custom_only_alpha" }],
  });
  assert.equal(relation.status, 422, relation.text);
  const users = await beta.get("/api/users");
  if (users.status === 200) assert.ok(!users.text.includes("a@alpha.org"));
});

test("a tenant admin cannot make itself more (X: escalation)", async (t) => {
  const { client } = await startWithOwner(t);
  const admin = await addUser(client, { email: "a@x.org", role: "TENANT_ADMIN", tenant: "main" });
  for (const body of [{ role: "OWNER" }, { role: "PLATFORM_ADMIN" }]) {
    const answer = await admin.patch(`/api/users/${admin.user.id}`, body);
    assert.ok([403, 422].includes(answer.status), answer.text);
  }
  const made = await admin.post("/api/users", { email: "z@x.org", password: "long enough password", role: "OWNER" });
  assert.ok([403, 422].includes(made.status), made.text);
});

test("requests that could be read in two ways are refused (smuggling)", async (t) => {
  const { server } = await startWithOwner(t);
  const cases = [
    ["two lengths", "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}x", /^HTTP\/1\.1 400/],
    ["length and coding", "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", /^HTTP\/1\.1 400/],
    ["unknown coding", "POST /api/auth/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n", /^HTTP\/1\.1 (400|501)/],
    ["space before colon", "GET /healthz HTTP/1.1\r\nHost: x\r\nX : 1\r\nConnection: close\r\n\r\n", /^HTTP\/1\.1 400/],
    ["nonsense", "NONSENSE\r\n\r\n", /^HTTP\/1\.[01] 400|^$/],
    ["long target", `GET /${"a".repeat(40000)} HTTP/1.1\r\nHost: x\r\n\r\n`, /^HTTP\/1\.1 (414|431|413)|^$/],
    ["long header", `GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(40000)}\r\n\r\n`, /^HTTP\/1\.1 (431|413)|^$/],
  ];
  for (const [name, bytes, expected] of cases) {
    assert.match(await raw(server.url, bytes), expected, name);
  }
});

test("bodies that are too deep, too large or not JSON get their own error", async (t) => {
  const { client } = await startWithOwner(t, { env: { TELAIO_MAX_BODY_BYTES: "100000" } });
  const deep = (n) => `{"displayName":${"[".repeat(n)}${"]".repeat(n)}}`;
  const json = { "content-type": "application/json" };
  assert.equal((await client.post("/api/db-editor/tables", deep(70), json)).status, 422);
  assert.equal((await client.post("/api/db-editor/tables", deep(60), json)).status, 422);
  assert.equal((await client.post("/api/db-editor/tables", "{", json)).status, 400);
  assert.equal((await client.post("/api/db-editor/tables", "", json)).status, 400);
  assert.equal((await client.post("/api/db-editor/tables", "x".repeat(100_001), json)).status, 413);
  const edge = `{"displayName":"${"x".repeat(100_000 - 18)}"}`;
  assert.equal(edge.length, 100_000);
  assert.equal((await client.post("/api/db-editor/tables", edge, json)).status, 422);
  assert.equal((await client.post("/api/db-editor/tables", "{}", { "content-type": "text/plain" })).status, 415);
  const unknown = await client.post("/api/db-editor/tables", { displayName: "A", colums: [] });
  assert.equal(unknown.status, 400, unknown.text);
  assert.equal(unknown.error.code, "unknown_field");
  assert.equal(unknown.error.where, "/colums");
});

test("unknown paths and methods, problem+json, request ids, security headers", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const missing = await client.get("/api/db-editor/nowhere");
  assert.equal(missing.status, 404);
  assert.equal(missing.error.code, "not_found");
  for (const later of ["/api/db-editor/query", "/api/db-editor/views", "/api/db-editor/endpoints", "/rest/v1/x"]) {
    assert.equal((await client.get(later)).status, 404, later);
  }
  const method = await client.request("PROPFIND", "/api/db-editor/tables");
  assert.ok([404, 405].includes(method.status));
  const wrong = await client.delete("/api/db-editor/tables");
  assert.equal(wrong.status, 405);
  assert.match(wrong.headers.get("allow"), /GET/);
  const problem = await client.get("/api/db-editor/tables/nope", { accept: "application/problem+json" });
  assert.match(problem.headers.get("content-type"), /application\/problem\+json/);
  assert.equal(problem.json.status, 404);
  assert.equal((await anonymous.get("/healthz", { "x-request-id": "abc-123" })).headers.get("x-request-id"), "abc-123");
  const health = await anonymous.get("/healthz");
  assert.equal(health.status, 200);
  assert.ok(health.headers.get("x-request-id"));
  assert.equal((await anonymous.get("/readyz")).status, 200);
  assert.match((await anonymous.get("/metrics")).text, /telaio_/);
  const page = await anonymous.get("/", { accept: "text/html" });
  assert.equal(page.status, 200);
  const policy = page.headers.get("content-security-policy");
  assert.ok(policy && !policy.includes("unsafe-inline"), policy);
  assert.equal(page.headers.get("x-content-type-options"), "nosniff");
});

test("the OpenAPI document lists the caller's tables and no route that is not there", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  const answer = await client.get("/openapi.json");
  assert.equal(answer.status, 200);
  assert.match(answer.json.openapi, /^3\.1/);
  assert.ok(answer.json.paths["/api/custom/contacts"], Object.keys(answer.json.paths).join(" "));
  assert.ok(!Object.keys(answer.json.paths).some((p) => /views|endpoints|\/query$|rest\/v1/.test(p)));
});
