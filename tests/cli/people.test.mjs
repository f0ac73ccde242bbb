// Users, tenants and tokens by the command line: shapes, exit codes, beside a running server.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, contacts, owner, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const password = "a long enough password";
const json = (result) => {
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};
const add = (folder, email, ...more) =>
  run(["user", "add", "--email", email, "--password-stdin", "--json", "--data", folder, ...more], { input: `${password}\n` });

test("options may stand before, between and after the words of a command", (t) => {
  const folder = temporaryFolder(t);
  const forms = [
    ["--data", folder, "--json", "user", "list"],
    ["user", "--data", folder, "list", "--json"],
    ["user", "list", "--json", `--data=${folder}`],
  ];
  json(add(folder, "o@x.org", "--role", "OWNER"));
  for (const form of forms) {
    assert.equal(json(run(form)).length, 1, form.join(" "));
  }
  assert.equal(json(run(["user", "list", "--json"], { env: { TELAIO_DATA: folder } })).length, 1);
});

test("users are added, listed, disabled, enabled and given a password", async (t) => {
  const folder = temporaryFolder(t);
  const made = json(add(folder, "O@X.org", "--role", "OWNER", "--name", "Olga"));
  assert.deepEqual(
    [made.email, made.name, made.role, made.tenant, made.active, typeof made.id, made.lastLoginAt],
    ["o@x.org", "Olga", "OWNER", "main", true, "number", null],
  );
  assert.match(made.createdAt, /^\d{4}-\d\d-\d\dT.*Z$/);
  json(add(folder, "u@x.org", "--level", "editor"));
  assert.equal(add(folder, "u@x.org").status, 1, "taken");
  assert.equal(add(folder, "nonsense").status, 2);
  assert.equal(add(folder, "v@x.org", "--role", "EMPEROR").status, 2);
  assert.equal(add(folder, "v@x.org", "--tenant", "nowhere").status > 0, true);
  assert.equal(run(["user", "add", "--email", "v@x.org", "--password-stdin", "--data", folder], { input: "short\n" }).status, 2);
  const list = json(run(["user", "list", "--json", "--data", folder]));
  assert.deepEqual(list.map((u) => [u.email, u.role, u.level]), [["o@x.org", "OWNER", null], ["u@x.org", "USER", "editor"]]);
  const table = run(["user", "list", "--data", folder]).stdout.split("\n");
  assert.match(table[0], /^id +email +name +role/);
  assert.match(table[1], /o@x\.org +Olga +OWNER/);

  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  const client = new Client(server.url);
  const login = (word) => client.post("/api/auth/login", { email: "u@x.org", password: word });
  const first = await login(password);
  assert.equal(first.status, 200, first.text);
  const signedIn = new Client(server.url, { token: first.data.token });
  // beside the running server, which must notice at once (it keeps what it knows for 250 ms)
  assert.equal(json(run(["user", "disable", "--email", "u@x.org", "--json", "--data", folder])).active, false);
  const deadline = Date.now() + 5000;
  while ((await signedIn.get("/api/auth/me")).status !== 401 && Date.now() < deadline);
  assert.equal((await signedIn.get("/api/auth/me")).status, 401);
  assert.equal((await login(password)).status, 401);
  assert.equal(json(run(["user", "enable", "--email", "u@x.org", "--json", "--data", folder])).active, true);
  const passwd = run(["user", "passwd", "--email", "u@x.org", "--password-stdin", "--data", folder], { input: "another good passphrase\n" });
  assert.equal(passwd.status, 0, passwd.stderr);
  assert.equal((await login(password)).status, 401);
  assert.equal((await login("another good passphrase")).status, 200);
  assert.ok(json(run(["user", "list", "--json", "--data", folder])).find((u) => u.email === "u@x.org").lastLoginAt);
});

test("a command without a password to be had says how to give one", (t) => {
  const result = run(["user", "add", "--email", "o@x.org", "--data", temporaryFolder(t)], { input: "" });
  if (result.status === null) return; // a terminal is there and asked
  assert.equal(result.status, 2);
});

test("the last owner stays", (t) => {
  const folder = temporaryFolder(t);
  json(add(folder, "o@x.org", "--role", "OWNER"));
  assert.equal(run(["user", "disable", "--email", "o@x.org", "--data", folder]).status, 1);
});

test("tenants: shapes, disabling, exporting, deleting", async (t) => {
  const { server, client } = await startWithOwner(t);
  const folder = server.folder;
  const made = json(run(["tenant", "add", "shop", "--name", "The shop", "--json", "--data", folder]));
  assert.deepEqual([made.slug, made.name, made.active], ["shop", "The shop", true]);
  const shop = Object.assign(new Client(server.url, { token: client.token, tenant: "shop" }));
  assert.equal((await shop.post("/api/db-editor/tables", contacts)).status, 201);
  for (let i = 0; i < 3; i++) {
    assert.equal((await shop.post("/api/custom/contacts", { email: `p${i}@x.org` })).status, 201);
  }
  const into = join(temporaryFolder(t), "out");
  const exported = json(run(["tenant", "export", "shop", "--output", into, "--json", "--data", folder]));
  assert.deepEqual(exported.map((r) => r.table), ["custom_contacts"]);
  assert.deepEqual(readdirSync(into).sort(), ["custom_contacts.ndjson", "schema.json"]);
  const rows = readFileSync(join(into, "custom_contacts.ndjson"), "utf8").trim().split("\n").map((l) => JSON.parse(l).email);
  assert.deepEqual(rows.sort(), ["p0@x.org", "p1@x.org", "p2@x.org"]);
  assert.equal(JSON.parse(readFileSync(join(into, "schema.json"), "utf8")).tables.length, 1);
  assert.equal(run(["tenant", "export", "shop", "--output", into, "--data", folder]).status, 1, "only a new folder");
  const nowhere = join(temporaryFolder(t), "nowhere");
  assert.equal(run(["tenant", "export", "nobody", "--output", nowhere, "--data", folder]).status, 1);
  assert.ok(!existsSync(nowhere) && !existsSync(`${nowhere}.partial`));

  assert.equal(json(run(["tenant", "disable", "shop", "--json", "--data", folder])).active, false);
  assert.equal(run(["tenant", "disable", "main", "--data", folder]).status, 1);
  const deadline = Date.now() + 5000;
  while ((await shop.get("/api/db-editor/tables")).status !== 404 && Date.now() < deadline);
  assert.equal((await shop.get("/api/db-editor/tables")).status, 404);
  assert.equal(json(run(["tenant", "enable", "shop", "--json", "--data", folder])).active, true);
  assert.equal(run(["tenant", "delete", "shop", "--data", folder]).status, 0);
  assert.deepEqual(json(run(["tenant", "list", "--json", "--data", folder])).map((x) => x.slug), ["main"]);
  assert.equal(run(["tenant", "delete", "shop", "--data", folder]).status, 1);
  assert.equal(run(["doctor", "--data", folder]).status, 0);
});

test("tokens: shown once, limited, expiring, revoked at once", async (t) => {
  const { server, client } = await startWithOwner(t);
  const folder = server.folder;
  const made = json(run(["token", "create", "--email", owner.email, "--name", "ci", "--expires", "30d", "--allow", "tables.read", "--json", "--data", folder]));
  assert.deepEqual(Object.keys(made), ["id", "name", "email", "tenant", "expiresAt", "token"]);
  const days = (Date.parse(made.expiresAt) - Date.now()) / 86_400_000;
  assert.ok(days > 29.9 && days < 30.1, made.expiresAt);
  const bearer = new Client(server.url, { token: made.token });
  assert.equal((await bearer.get("/api/db-editor/tables")).status, 200);
  assert.equal((await bearer.post("/api/db-editor/tables", contacts)).status, 403);
  const [listed] = json(run(["token", "list", "--json", "--data", folder]));
  assert.deepEqual(listed.allow, ["tables.read"]);
  assert.ok(!JSON.stringify(listed).includes(made.token));
  assert.equal(run(["token", "revoke", String(made.id), "--data", folder]).status, 0);
  const deadline = Date.now() + 5000;
  while ((await bearer.get("/api/db-editor/tables")).status !== 401 && Date.now() < deadline);
  assert.equal((await bearer.get("/api/db-editor/tables")).status, 401);
  assert.ok(json(run(["token", "list", "--json", "--data", folder]))[0].revokedAt);
  assert.equal(run(["token", "revoke", "999", "--data", folder]).status, 1);
  assert.equal(run(["token", "revoke", "x", "--data", folder]).status, 2);
  assert.equal(run(["token", "create", "--email", owner.email, "--expires", "soon", "--data", folder]).status, 2);
  assert.equal(run(["token", "create", "--email", "nobody@x.org", "--data", folder]).status, 1);
  assert.equal((await client.get("/api/auth/me")).status, 200);
});
