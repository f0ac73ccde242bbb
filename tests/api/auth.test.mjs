// Set-up, sign-in, sessions, CSRF, tokens: who may come in.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, Client, owner, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

test("the set-up link works once and there is no default password", async (t) => {
  const server = await new Server({ folder: temporaryFolder(t) }).start();
  t.after(() => server.stop());
  const anonymous = new Client(server.url);
  const token = await server.setupToken();

  const wrong = await anonymous.post("/api/auth/setup", { token: "guess", ...owner });
  assert.equal(wrong.status, 403);
  const weak = await anonymous.post("/api/auth/setup", { token, email: owner.email, password: "short" });
  assert.equal(weak.status, 422);
  assert.equal(weak.error.where, "/password");

  const made = await anonymous.post("/api/auth/setup", { token, ...owner });
  assert.equal(made.status, 200, made.text);
  assert.equal(made.data.user.role, "OWNER");
  assert.equal(typeof made.data.user.id, "number");
  assert.equal(typeof made.data.user.tenantId, "number");

  const again = await anonymous.post("/api/auth/setup", { token, ...owner });
  assert.equal(again.status, 404);
});

test("login answers a token, a cookie and the user", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const login = await anonymous.post("/api/auth/login", owner);
  assert.equal(login.status, 200);
  const cookie = login.headers.get("set-cookie");
  assert.match(cookie, /HttpOnly/i);
  assert.match(cookie, /SameSite=/i);
  for (const key of ["id", "email", "firstName", "lastName", "team", "role", "tenantId", "permissionLevel", "timezone"]) {
    assert.ok(key in login.data.user, key);
  }
  assert.ok(Date.parse(login.data.expiresAt) > Date.now());
  const me = await new Client(anonymous.url, { token: login.data.token }).get("/api/auth/me");
  assert.equal(me.status, 200);
  assert.equal(me.data.user.email, owner.email);
});

test("a wrong password and an unknown account answer alike, then the account locks", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const wrong = await anonymous.post("/api/auth/login", { email: owner.email, password: "not the password" });
  const unknown = await anonymous.post("/api/auth/login", { email: "nobody@example.com", password: "not the password" });
  assert.equal(wrong.status, 401);
  assert.equal(unknown.status, 401);
  assert.equal(wrong.error.message, unknown.error.message);
  let last;
  for (let i = 0; i < 6; i++) {
    last = await anonymous.post("/api/auth/login", { email: owner.email, password: "not the password" });
  }
  assert.equal(last.status, 429);
  assert.ok(Number(last.headers.get("retry-after")) > 0);
});

test("logout ends the session", async (t) => {
  const { client } = await startWithOwner(t);
  assert.equal((await client.post("/api/auth/logout")).status, 200);
  assert.equal((await client.get("/api/auth/me")).status, 401);
});

test("cookie requests that change something need the CSRF header", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const login = await anonymous.post("/api/auth/login", owner);
  const cookie = login.headers.get("set-cookie").split(";")[0];
  const me = await anonymous.get("/api/auth/me", { cookie });
  assert.equal(me.status, 200);
  const body = { displayName: "Things", columns: [{ name: "a", type: "text" }] };
  const without = await anonymous.post("/api/db-editor/tables", body, { cookie });
  assert.equal(without.status, 403);
  assert.equal(without.error.code, "csrf_failed");
  const forged = await anonymous.post("/api/db-editor/tables", body, { cookie, "x-telaio-csrf": "x" });
  assert.equal(forged.status, 403);
  const csrf = me.data.csrf ?? me.data.csrfToken;
  const allowed = await anonymous.post("/api/db-editor/tables", body, { cookie, "x-telaio-csrf": csrf });
  assert.equal(allowed.status, 201, allowed.text);
});

test("API tokens are shown once, listed without the secret, and revoked at once", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/tokens", { name: "ci" });
  assert.equal(made.status, 201, made.text);
  assert.ok(made.data.token.length > 20);
  const list = await client.get("/api/tokens");
  assert.equal(list.status, 200);
  assert.ok(!list.text.includes(made.data.token));
  const program = new Client(client.url, { token: made.data.token });
  assert.equal((await program.get("/api/db-editor/tables")).status, 200);
  assert.equal((await client.delete(`/api/tokens/${made.data.id}`)).status, 200);
  assert.equal((await program.get("/api/db-editor/tables")).status, 401);
});

test("a token with an allow list does only what it names", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/tokens", { name: "reader", allow: ["tables.read"] });
  assert.equal(made.status, 201, made.text);
  const program = new Client(client.url, { token: made.data.token });
  assert.equal((await program.get("/api/db-editor/tables")).status, 200);
  const write = await program.post("/api/db-editor/tables", { displayName: "X", columns: [{ name: "a", type: "text" }] });
  assert.equal(write.status, 403);
});

test("a disabled user is out at once", async (t) => {
  const { client } = await startWithOwner(t);
  const user = await addUser(client, { email: "u@example.com", tenant: "main" });
  assert.equal((await user.get("/api/auth/me")).status, 200);
  const off = await client.patch(`/api/users/${user.user.id}`, { isActive: false });
  assert.equal(off.status, 200, off.text);
  assert.equal((await user.get("/api/auth/me")).status, 401);
});
