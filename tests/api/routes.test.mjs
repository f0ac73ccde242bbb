// Every route of the program, as the program lists them: without credentials, with the wrong role,
// with a forged cookie, with a parameter that it does not know. None can be forgotten.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, Client, contacts, run, startWithOwner } from "../support/telaio.mjs";

const listed = run(["help", "routes", "--json"]);
const routes = listed.status === 0 ? JSON.parse(listed.stdout) : [];

// What a plain USER of a tenant may do; everything else is refused. By hand, so that a route that
// opens more than it should fails here.
const forEverybody = new Set(["public", "signed-in"]);
const forUsers = new Set([
  "tables.read", "relations.read", "query.execute", "views.read", "views.create", "views.drop", "tokens.read",
  "tokens.create", "tokens.revoke", "jobs.read", "jobs.cancel", "tenants.read",
]);

const uuid = "00000000-0000-7000-8000-000000000000";
const values = { t: "custom_contacts", table: "custom_contacts", tableName: "custom_contacts", resource: "contacts", slug: "main" };
const pathOf = (route) =>
  route.path.replace(/\{(\w+)\*?\}/g, (_, name) => values[name] ?? (route.path.includes("users") || route.path.includes("tokens") ? "1" : uuid));

const send = (client, route, headers = {}, query = "") => {
  const json = route.body === "json" || route.body === "optional";
  const body = route.method === "GET" || route.method === "DELETE" ? undefined : json ? {} : "email\nx@x.org\n";
  const type = json ? "application/json" : "text/csv";
  return client.request(route.method, pathOf(route) + query, body, body === undefined ? headers : { "content-type": type, ...headers });
};

test("the program lists its routes", () => {
  assert.equal(listed.status, 0, listed.stderr);
  assert.ok(routes.length > 15, listed.stdout);
  for (const route of routes) {
    assert.ok(route.action && route.action !== "", `${route.method} ${route.path} names no action`);
    assert.ok(route.summary.length > 3, `${route.method} ${route.path} has no summary`);
  }
  const twice = routes.map((r) => `${r.method} ${r.path}`);
  assert.equal(new Set(twice).size, twice.length, "a route is listed twice");
});

test("only public routes answer without credentials (B-71, B-72)", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  const isPublic = new Set(["/api/auth/setup", "/api/auth/login", "/healthz", "/readyz", "/metrics", "/api/csp-report", "/docs"]);
  for (const route of routes) {
    const name = `${route.method} ${route.path}`;
    assert.equal(route.action === "public", isPublic.has(route.path), `${name}: who made it public?`);
    if (route.action === "public") continue;
    const answer = await send(anonymous, route);
    assert.equal(answer.status, 401, `${name}: ${answer.status} ${answer.text}`);
    assert.equal(answer.error.code, "unauthenticated", name);
    assert.match(answer.headers.get("www-authenticate"), /^Bearer/, name);
    const forged = await send(new Client(client.url, { token: "tel_forged" }), route);
    assert.equal(forged.status, 401, `${name} with a forged token`);
    const cookie = await send(anonymous, route, { cookie: "telaio_session=tls_forged" });
    assert.equal(cookie.status, 401, `${name} with a forged cookie`);
    const basic = await send(anonymous, route, { authorization: "Basic bzpw" });
    assert.equal(basic.status, 401, `${name} with another scheme`);
  }
});

test("a plain user is refused whatever its role does not hold (B-70, B-72)", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/db-editor/tables", {
    ...contacts,
    permissions: { read: ["TENANT_ADMIN"], create: ["TENANT_ADMIN"], update: ["TENANT_ADMIN"], delete: ["TENANT_ADMIN"] },
  });
  assert.equal(made.status, 201, made.text);
  const user = await addUser(client, { email: "u@example.com", tenant: "main" });
  for (const route of routes) {
    if (forEverybody.has(route.action) || forUsers.has(route.action)) continue;
    const answer = await send(user, route);
    assert.ok([403, 404].includes(answer.status), `${route.method} ${route.path}: ${answer.status} ${answer.text}`);
    if (!route.action.startsWith("data.")) {
      assert.equal(answer.status, 403, `${route.method} ${route.path}: ${answer.text}`);
    }
  }
});

test("a token with an empty list does nothing but tell who it is", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/tokens", { name: "none", allow: [] });
  const program = new Client(client.url, { token: made.data.token });
  for (const route of routes) {
    if (forEverybody.has(route.action)) continue;
    const answer = await send(program, route);
    assert.equal(answer.status, 403, `${route.method} ${route.path}: ${answer.status} ${answer.text}`);
  }
});

test("cookies change nothing without their CSRF text", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const login = await anonymous.post("/api/auth/login", { email: "owner@example.com", password: "correct horse battery" });
  const cookie = login.headers.get("set-cookie").split(";")[0];
  for (const route of routes) {
    if (route.method === "GET" || route.action === "public") continue;
    const answer = await send(anonymous, route, { cookie });
    assert.equal(answer.status, 403, `${route.method} ${route.path}: ${answer.status} ${answer.text}`);
    assert.equal(answer.error.code, "csrf_failed", `${route.method} ${route.path}`);
  }
  assert.equal((await client.get("/api/auth/me")).status, 200);
});

test("unknown and repeated parameters are refused, with where", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  for (const route of routes) {
    if (route.query.split(" ").includes("*")) continue;
    const name = `${route.method} ${route.path}`;
    const unknown = await send(client, route, {}, "?no%2Fsuch=1");
    assert.equal(unknown.status, 400, `${name}: ${unknown.status} ${unknown.text}`);
    assert.equal(unknown.error.code, "invalid_parameter", name);
    assert.equal(unknown.error.where, "/query/no~1such", name);
    const [known] = route.query.split(" ");
    if (!known) continue;
    const twice = await send(client, route, {}, `?${known}=1&${known}=1`);
    assert.equal(twice.status, 400, `${name}: ${twice.status} ${twice.text}`);
    assert.equal(twice.error.where, `/query/${known}`, name);
  }
});
