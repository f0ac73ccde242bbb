// Attacks from outside, each of them an attempt that must fail in the way the contract says: who is
// not let in, whose things are not seen, which text never becomes a command. A hole that was found
// stays here with its fix.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, Client, contacts, owner, raw, Server, startWithOwner, temporaryFolder, testStore } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const tables = `${editor}/tables`;
const json = { "content-type": "application/json" };

// What MariaDB itself has less of: characters of a key, levels of a JSON value, partial indexes,
// characters of four bytes in a comment.
const onMariadb = testStore.startsWith("mariadb");
const longestKey = onMariadb ? 700 : 3000;
const deepest = onMariadb ? 31 : 63;

const create = async (client, body = contacts) => {
  const made = await client.post(tables, body);
  assert.equal(made.status, 201, made.text);
  return made.data;
};

// No answer may be the server's own failure.
const noFault = (answer, what) => assert.ok(answer.status < 500, `${what}: ${answer.status} ${answer.text}`);

// ---- getting in --------------------------------------------------------------------------------

test("a locked account stays locked however its address is written", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const login = (email, password, headers) => anonymous.post("/api/auth/login", { email, password }, headers);
  const spellings = [owner.email, ` ${owner.email}`, `${owner.email}\t`, owner.email.toUpperCase(), `\n${owner.email} `];
  const seen = [];
  for (let i = 0; i < 12; i++) {
    const from = { "x-forwarded-for": `10.0.0.${i}`, forwarded: `for=10.1.0.${i}`, "x-real-ip": `10.2.0.${i}` };
    seen.push((await login(spellings[i % spellings.length], "not the password", from)).status);
  }
  assert.ok(seen.includes(429), seen.join());
  for (const email of spellings) {
    const answer = await login(email, owner.password);
    assert.equal(answer.status, 429, `${JSON.stringify(email)}: ${answer.text}`);
    assert.ok(Number(answer.headers.get("retry-after")) > 0);
  }
  // an address that nobody has answers in the same way, so that it does not tell who is there
  const nobody = [];
  for (let i = 0; i < 12; i++) nobody.push((await login("nobody@example.com", "not the password")).status);
  assert.deepEqual(nobody, seen);
});

test("many guesses at once are no more than many in a row", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const guesses = Array.from({ length: 40 }, (_, i) =>
    anonymous.post("/api/auth/login", { email: owner.email, password: `guess number ${i}` }));
  const statuses = (await Promise.all(guesses)).map((answer) => answer.status);
  assert.ok(statuses.filter((status) => status === 401).length <= 5, statuses.join());
  assert.equal((await anonymous.post("/api/auth/login", owner)).status, 429);
});

test("of set-ups that race for one link, one wins", async (t) => {
  const server = await new Server({ folder: temporaryFolder(t) }).start();
  t.after(() => server.stop());
  const anonymous = new Client(server.url);
  const token = await server.setupToken();
  const answers = await Promise.all(Array.from({ length: 8 }, (_, i) =>
    anonymous.post("/api/auth/setup", { token, email: `o${i}@x.org`, password: "correct horse battery" })));
  const won = answers.filter((answer) => answer.status < 300);
  assert.equal(won.length, 1, answers.map((answer) => answer.status).join());
  for (const answer of answers) assert.ok([200, 201, 403, 404, 409].includes(answer.status), answer.text);
  const users = await new Client(server.url, { token: won[0].data.token }).get("/api/users");
  assert.equal(users.data.users.length, 1, users.text);
  assert.equal((await anonymous.post("/api/auth/setup", { token, email: "late@x.org", password: "correct horse battery" })).status, 404);
});

test("credentials are one bearer header or one cookie with its own CSRF word, nothing else", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  await create(client);
  const bad = ["", "Bearer", "Bearer ", `Token ${client.token}`, `Basic ${client.token}`, `Bearer ${client.token}x`,
    `Bearer ${client.token.toUpperCase()}`, `Bearer ${client.token}, Bearer x`, `Bearer ${"a".repeat(8000)}`];
  for (const authorization of bad) {
    assert.equal((await anonymous.get(tables, { authorization })).status, 401, authorization.slice(0, 30));
  }
  for (const query of ["token", "access_token", "bearer"]) {
    assert.equal((await anonymous.get(`${tables}?${query}=${client.token}`)).status, 401, query);
  }
  const signIn = async () => {
    const login = await anonymous.post("/api/auth/login", owner);
    const cookie = login.headers.get("set-cookie").split(";")[0];
    return { cookie, csrf: (await anonymous.get("/api/auth/me", { cookie })).data.csrf };
  };
  const [mine, other] = [await signIn(), await signIn()];
  const insert = (headers) => anonymous.post("/api/custom/contacts", { email: `${Math.random()}@x.org` }, headers);
  for (const csrf of [undefined, "", "x", other.csrf, mine.csrf.slice(1)]) {
    const answer = await insert({ cookie: mine.cookie, ...(csrf === undefined ? {} : { "x-telaio-csrf": csrf }) });
    assert.equal(answer.status, 403, `${csrf}: ${answer.text}`);
    assert.equal(answer.error.code, "csrf_failed");
  }
  assert.equal((await insert({ cookie: mine.cookie, "x-telaio-csrf": mine.csrf })).status, 201);
  // a bad header does not fall back to a good cookie
  assert.equal((await insert({ cookie: mine.cookie, "x-telaio-csrf": mine.csrf, authorization: "Bearer x" })).status, 401);
  // what a form of another site can send without asking is not read as JSON
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    const answer = await anonymous.request("POST", "/api/auth/login", JSON.stringify(owner), { "content-type": type });
    assert.equal(answer.status, 415, type);
  }
  assert.equal((await anonymous.post("/api/auth/logout", undefined, { cookie: mine.cookie })).status, 403);
});

test("no secret is in the log or in an answer but its first", async (t) => {
  const { client, server, anonymous } = await startWithOwner(t);
  const token = (await client.post("/api/tokens", { name: "shown once" })).data.token;
  await anonymous.post("/api/auth/login", { ...owner, password: "a wrong password here" });
  await anonymous.get("/api/auth/me", { authorization: `Bearer ${token}` });
  const listed = (await client.get("/api/tokens")).text + (await client.get(`${editor}/audit`)).text;
  await server.stop();
  for (const secret of [owner.password, "a wrong password here", token, client.token]) {
    assert.ok(!server.errors.includes(secret), "in the log");
    assert.ok(!listed.includes(secret), "in a list");
  }
});

// ---- doing more than one may -------------------------------------------------------------------

const withToken = async (client, allow) => {
  const made = await client.post("/api/tokens", { name: "limited", allow });
  assert.equal(made.status, 201, made.text);
  return Object.assign(new Client(client.url, { token: made.data.token }), { id: made.data.id });
};

test("a token does what its list says and nothing beside it", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await create(client, { displayName: "Firms", columns: [{ name: "a", type: "text" }] });
  await addUser(client, { email: "secret@example.com", tenant: "main" });
  const nothing = await withToken(client, []);
  for (const path of [tables, "/api/custom/contacts", "/api/users", "/api/tokens", `${editor}/changes`]) {
    assert.equal((await nothing.get(path)).status, 403, `an empty list: ${path}`);
  }
  // all of one table is nothing of the tenant
  for (const allow of ["*.*@table:custom_contacts", "*.*@source:main"]) {
    const limited = await withToken(client, [allow]);
    for (const path of ["/api/users", "/api/users/1", "/api/tokens", "/api/tenants", `${editor}/audit`]) {
      const answer = await limited.get(path);
      assert.ok([403, 404, 405].includes(answer.status), `${allow} ${path}: ${answer.status} ${answer.text}`);
      assert.ok(!answer.text.includes("secret@example.com"), answer.text);
    }
    assert.equal((await limited.get("/api/custom/contacts")).status, 200, allow);
    assert.equal((await limited.post("/api/users", { email: "z@x.org", password: "long enough password" })).status, 403);
    assert.equal((await limited.patch("/api/users/1", { firstName: "x" })).status, 403);
    assert.equal((await limited.post("/api/tokens", { name: "more", allow: ["*.*"] })).status, 403);
    assert.equal((await limited.delete(`/api/tokens/${nothing.id}`)).status, 403);
  }
  const one = await withToken(client, ["*.*@table:custom_contacts"]);
  assert.ok([403, 404].includes((await one.get("/api/custom/firms")).status));
  assert.equal((await one.put(`${tables}/custom_contacts`, { tableName: "firms2" })).status, 403, "a right is for its name");
  const both = await one.post(`${editor}/changes`, { operations: [
    { op: "DROP_COLUMN", table: "custom_contacts", column: "name" },
    { op: "DROP_COLUMN", table: "custom_firms", column: "a" },
  ] });
  assert.ok([403, 404].includes(both.status), both.text);
  assert.ok((await client.get(`${tables}/custom_contacts`)).data.columns.some((column) => column.name === "name"));
  assert.equal((await client.delete(`/api/tokens/${one.id}`)).status, 200);
  assert.equal((await one.get("/api/custom/contacts")).status, 401, "a revoked token is dead at once");
});

test("the list of a token is read exactly", async (t) => {
  const { client } = await startWithOwner(t);
  const wrong = [["*"], [""], ["tables"], ["TABLES.READ"], ["nope.read"], ["tables.read@"], ["tables.read@nowhere:x"],
    ["tables.read\u0000"], ["tables.read "], [1], [null], {}, "tables.read", Array(65).fill("tables.read")];
  for (const allow of wrong) {
    const answer = await client.post("/api/tokens", { name: "wrong", allow });
    assert.equal(answer.status, 422, `${JSON.stringify(allow).slice(0, 60)}: ${answer.text}`);
    assert.match(answer.error.where, /^\/allow/);
  }
  for (const expiresAt of ["2020-01-01T00:00:00Z", "nonsense", "-1d", "0d", "999999999999999999d"]) {
    assert.equal((await client.post("/api/tokens", { name: "wrong", expiresAt })).status, 422, expiresAt);
  }
  assert.deepEqual((await client.get("/api/tokens")).data.tokens, []);
});

test("what belongs to another tenant is not there, whatever its id", async (t) => {
  const { client } = await startWithOwner(t);
  const admins = {};
  for (const slug of ["alpha", "beta"]) {
    assert.equal((await client.post("/api/tenants", { slug, name: slug })).status, 201);
    admins[slug] = await addUser(client, { email: `a@${slug}.org`, role: "TENANT_ADMIN", tenant: slug });
    await create(admins[slug]);
  }
  const { alpha, beta } = admins;
  const row = (await alpha.post("/api/custom/contacts", { email: "a@x.org" })).data;
  const token = (await alpha.post("/api/tokens", { name: "mine" })).data;
  const job = (await alpha.request("POST", `${editor}/import/custom_contacts?async=true`, "email\nj@x.org\n", { "content-type": "text/csv" })).data;
  const plan = (await alpha.post(`${editor}/changes:preview`, { operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] })).data;
  const dropped = (await alpha.delete(`${tables}/custom_contacts/columns/age`)).data;
  const [item] = (await alpha.get(`${editor}/trash`)).data.items;
  const user = (await alpha.get("/api/auth/me")).data.user;
  for (const one of [row.id, token.id, job?.id, plan.planId, dropped.changeId, item?.id, user.id]) assert.ok(one);
  const attempts = [
    ["GET", `/api/custom/contacts/${row.id}`], ["PATCH", `/api/custom/contacts/${row.id}`, { name: "x" }],
    ["DELETE", `/api/custom/contacts/${row.id}`],
    ["POST", "/api/custom/contacts:bulk", { operations: [{ method: "DELETE", id: row.id }] }],
    ["DELETE", `/api/tokens/${token.id}`],
    ["GET", `/api/jobs/${job.id}`], ["POST", `/api/jobs/${job.id}:cancel`],
    ["POST", `${editor}/changes`, { planId: plan.planId }],
    ["GET", `${editor}/changes/${dropped.changeId}`], ["POST", `${editor}/changes/${dropped.changeId}:undo`],
    ["GET", `${editor}/trash/${item.id}`], ["POST", `${editor}/trash/${item.id}:restore`], ["DELETE", `${editor}/trash/${item.id}`],
    ["PATCH", `/api/users/${user.id}`, { firstName: "x" }], ["PATCH", "/api/users/1", { password: "a new password here" }],
    ["PATCH", "/api/tenants/alpha", { name: "x" }],
    ["POST", "/api/users", { email: "z@x.org", password: "long enough password", tenant: "alpha" }],
  ];
  for (const [method, path, body] of attempts) {
    const answer = await beta.request(method, path, body);
    assert.equal(answer.status, 404, `${method} ${path}: ${answer.text}`);
    const named = await beta.request(method, path, body, { "x-telaio-tenant": "alpha" });
    assert.equal(named.status, 404, `${method} ${path} with the tenant's name: ${named.text}`);
  }
  for (const [list, secret] of [["/api/users", "a@alpha.org"], ["/api/jobs", job.id], ["/api/tokens", token.prefix],
    ["/api/tenants", "alpha"], [`${editor}/changes`, dropped.changeId], [`${editor}/audit`, "a@alpha.org"]]) {
    const answer = await beta.get(list);
    assert.equal(answer.status, 200, answer.text);
    assert.ok(!answer.text.includes(secret), `${list}: ${answer.text}`);
  }
  assert.equal((await alpha.get(`/api/custom/contacts/${row.id}`)).status, 200);
  assert.equal((await alpha.post(`${editor}/changes/${dropped.changeId}:undo`)).status, 201);
});

test("the header of the tenant is an exact name that the caller has", async (t) => {
  const { client } = await startWithOwner(t);
  assert.equal((await client.post("/api/tenants", { slug: "alpha", name: "Alpha" })).status, 201);
  const alpha = await addUser(client, { email: "a@alpha.org", role: "TENANT_ADMIN", tenant: "alpha" });
  for (const slug of ["main", "MAIN", "../main", "main/../alpha", "", "1", "main,alpha", "%6dain", "alpha.db", "main\\"]) {
    const answer = await alpha.get(tables, { "x-telaio-tenant": slug });
    assert.equal(answer.status, 404, `${slug}: ${answer.text}`);
  }
  for (const slug of ["ALPHA", "../alpha", "", "2", "alpha/../main"]) {
    assert.equal((await client.get(tables, { "x-telaio-tenant": slug })).status, 404, slug);
  }
  for (const slug of ["..", ".", "", "a/b", "a\\b", "a b", "A", "-a", "a-", "a.b", "a_b", "é", "a\u0000b", "x".repeat(64), 7, null]) {
    const answer = await client.post("/api/tenants", { slug, name: "n" });
    assert.equal(answer.status, 422, `${JSON.stringify(slug)}: ${answer.text}`);
  }
  await client.patch("/api/tenants/alpha", { isActive: false });
  assert.equal((await alpha.get(tables)).status, 401, "nobody works in a tenant that is switched off");
  assert.equal((await client.get(tables, { "x-telaio-tenant": "alpha" })).status, 404);
});

test("nobody makes themselves more, and the last owner stays", async (t) => {
  const { client } = await startWithOwner(t);
  const admin = await addUser(client, { email: "a@x.org", role: "TENANT_ADMIN", tenant: "main" });
  const user = await addUser(client, { email: "u@x.org", tenant: "main" });
  for (const body of [{ role: "TENANT_ADMIN" }, { permissionLevel: "admin" }, { isActive: true }]) {
    assert.equal((await user.patch(`/api/users/${user.user.id}`, body)).status, 403, JSON.stringify(body));
  }
  for (const role of ["OWNER", "PLATFORM_ADMIN"]) {
    assert.equal((await admin.patch(`/api/users/${admin.user.id}`, { role })).status, 403);
    assert.equal((await admin.patch(`/api/users/${user.user.id}`, { role })).status, 403);
    assert.equal((await admin.post("/api/users", { email: "z@x.org", password: "long enough password", role })).status, 403);
  }
  for (const body of [{ password: "a new password here" }, { isActive: false }, { role: "USER" }, { email: "mine@x.org" }]) {
    assert.ok([403, 404].includes((await admin.patch("/api/users/1", body)).status), JSON.stringify(body));
  }
  assert.equal((await admin.patch("/api/tenants/main", { isActive: false })).status, 403);
  assert.equal((await admin.post("/api/tenants", { slug: "mine", name: "Mine" })).status, 403);
  for (const body of [{ isActive: false }, { role: "USER" }]) {
    assert.equal((await client.patch("/api/users/1", body)).status, 409, JSON.stringify(body));
  }
  for (const id of ["0", "-1", "1e0", "0x1", "1.0", " 1", "99999999999999999999", "abc"]) {
    assert.equal((await client.patch(`/api/users/${encodeURIComponent(id)}`, { firstName: "x" })).status, 404, id);
  }
  await client.patch(`/api/users/${user.user.id}`, { isActive: false });
  assert.equal((await user.get("/api/auth/me")).status, 401, "who is switched off is out at once");
});

test("an Idempotency-Key is one caller's and repeats no secret", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  await create(client);
  const all = { read: ["USER"], create: ["USER"], update: ["USER"], delete: ["USER"] };
  await client.put(`${tables}/custom_contacts`, { permissions: all });
  const other = await addUser(client, { email: "u@x.org", tenant: "main" });
  const key = { "idempotency-key": "the same" };
  const mine = await client.post("/api/custom/contacts", { email: "a@x.org" }, key);
  const theirs = await other.post("/api/custom/contacts", { email: "b@x.org" }, key);
  assert.equal(mine.status, 201);
  assert.equal(theirs.status, 201, theirs.text);
  assert.notEqual(theirs.data.id, mine.data.id);
  assert.equal((await client.post("/api/custom/contacts", { email: "c@x.org" }, key)).status, 422);
  const [first, second] = [await client.post("/api/tokens", { name: "t" }, { "idempotency-key": "t" }),
    await client.post("/api/tokens", { name: "t" }, { "idempotency-key": "t" })];
  assert.ok(first.data.token && second.data.token === undefined, "a secret is kept nowhere");
  assert.equal(second.data.id, first.data.id);
  const [in1, in2] = [await anonymous.post("/api/auth/login", owner, key), await anonymous.post("/api/auth/login", owner, key)];
  assert.notEqual(in1.data.token, in2.data.token);
});

// ---- text that would like to be a command -------------------------------------------------------

const injections = ["'", "\"", "`", "]", ";--", "') OR 1=1 --", "\\", "\u0000", "a\u0000b", "email\"; DROP TABLE custom_contacts; --",
  "email\" DESC, (SELECT sql FROM sqlite_schema)--", "1 UNION SELECT token_hash FROM tokens", "sqlite_schema", "rowid", "_rowid_",
  "constructor", "__proto__", "$where", "{{7*7}}", "%27", "\ud83d\ude42", "*", "email.x", "email->x"];

test("no parameter of a list becomes SQL", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org", name: "only row" });
  const ask = (query) => client.get(`/api/custom/contacts?${query}`);
  for (const text of injections) {
    for (const name of ["sort", "order", "fields", "count", "page", "limit", "cursor", "shape", "cellLimit", text]) {
      const answer = await ask(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
      assert.equal(answer.status, 400, `${name}=${text}: ${answer.status} ${answer.text}`);
    }
    const filters = [{ [text]: 1 }, { email: { [text]: 1 } }, { and: [{ field: text, operator: "=", value: 1 }] },
      { and: [{ field: "email", operator: text, value: "x" }] }];
    for (const filter of filters) {
      const answer = await ask(`filters=${encodeURIComponent(JSON.stringify(filter))}`);
      assert.equal(answer.status, 400, `${JSON.stringify(filter)}: ${answer.status} ${answer.text}`);
    }
    const values = [{ email: text }, { email: { like: text } }, { email: { in: [text] } }, { email: { contains: text } }, { or: [{ email: text }] }];
    for (const filter of values) {
      const answer = await ask(`filters=${encodeURIComponent(JSON.stringify(filter))}`);
      if (text.includes("\u0000") && answer.status === 422) continue; // an engine without such texts says so
      assert.equal(answer.status, 200, `${JSON.stringify(filter)}: ${answer.text}`);
      assert.deepEqual(answer.data.rows, [], JSON.stringify(filter));
    }
    if (!text.includes("\u0000")) {
      const found = await ask(`search=${encodeURIComponent(text)}`);
      assert.equal(found.status, 200, found.text);
      assert.deepEqual(found.data.rows, [], text);
    }
    for (const path of [`/api/custom/${encodeURIComponent(text)}`, `/api/custom/contacts/${encodeURIComponent(text)}`,
      `${tables}/${encodeURIComponent(text)}`, `${editor}/changes/${encodeURIComponent(text)}`, `${editor}/trash/${encodeURIComponent(text)}`]) {
      const answer = await client.get(path);
      assert.ok([400, 404].includes(answer.status), `${path}: ${answer.status} ${answer.text}`);
    }
  }
  const left = await ask("limit=10");
  assert.equal(left.data.rows.length, 1);
});

test("a cursor that was touched, or is another list's, is refused", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await create(client, { ...contacts, displayName: "Others" });
  for (const api of ["contacts", "others"]) {
    await client.post(`/api/custom/${api}`, Array.from({ length: 5 }, (_, i) => ({ email: `p${i}@x.org`, name: `n${i}` })));
  }
  const first = await client.get("/api/custom/contacts?limit=2&sort=name");
  const { nextCursor } = first.meta;
  assert.ok(nextCursor);
  for (let i = 0; i < nextCursor.length; i++) {
    const changed = nextCursor.slice(0, i) + (nextCursor[i] === "A" ? "B" : "A") + nextCursor.slice(i + 1);
    const answer = await client.get(`/api/custom/contacts?limit=2&sort=name&cursor=${changed}`);
    assert.equal(answer.status, 400, `character ${i}: ${answer.text}`);
  }
  for (const query of ["sort=email", "sort=name&order=desc", `sort=name&filters=${encodeURIComponent('{"active":true}')}`, "sort=name&search=n"]) {
    assert.equal((await client.get(`/api/custom/contacts?limit=2&${query}&cursor=${nextCursor}`)).status, 400, query);
  }
  assert.equal((await client.get(`/api/custom/others?limit=2&sort=name&cursor=${nextCursor}`)).status, 400);
  const next = await client.get(`/api/custom/contacts?limit=2&sort=name&cursor=${nextCursor}`);
  assert.deepEqual(next.data.rows.map((row) => row.name), ["n2", "n3"]);
});

test("names are names: what they would break out of, they do not", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const bad = ["a b", "a\"b", "a'b", "a;b", "a`b", "a]b", "1a", "", "é", "a\u0000b", "a\nb", "sqlite_x", "__telaio_x", "x".repeat(200)];
  for (const name of bad) {
    const attempts = [
      ["POST", tables, { displayName: "Fresh", columns: [{ name, type: "text" }] }],
      ["POST", `${tables}/custom_contacts/columns`, { name, type: "text" }],
      ["PUT", `${tables}/custom_contacts/columns/name`, { name }],
      ["POST", `${tables}/custom_contacts/indexes`, { name: "ix", columns: [name] }],
      ["POST", `${editor}/changes`, { operations: [{ op: "CREATE_INDEX", table: "custom_contacts", index: { name: "ix", columns: ["name", name] } }] }],
    ];
    for (const [method, path, body] of attempts) {
      const answer = await client.request(method, path, body);
      assert.ok([400, 422].includes(answer.status), `${method} ${path} ${JSON.stringify(name)}: ${answer.status} ${answer.text}`);
    }
  }
  for (const word of ["select", "table", "order", "group", "index", "values", "null", "true", "constructor", "rowid", "oid", "_rowid_"]) {
    const made = await client.post(tables, { displayName: word, columns: [{ name: word, type: "text", unique: true }] });
    assert.equal(made.status, 201, `${word}: ${made.text}`);
    assert.equal((await client.post(made.data.apiPath, { [word]: "it" })).status, 201, word);
    const found = await client.get(`${made.data.apiPath}?sort=${word}&filters=${encodeURIComponent(JSON.stringify({ [word]: "it" }))}`);
    assert.equal(found.data.rows[0]?.[word], "it", found.text);
    const dropped = await client.delete(`${tables}/${made.data.tableName}/columns/${word}`);
    assert.equal(dropped.status, 200, dropped.text);
    assert.equal((await client.post(`${editor}/changes/${dropped.data.changeId}:undo`)).status, 201, word);
    assert.equal((await client.get(made.data.apiPath)).data.rows[0][word], "it", word);
    assert.equal((await client.post(made.data.apiPath, { [word]: "it" })).status, 409, `${word} is unique again`);
  }
});

// Engine text may stand in a default, a CHECK, an index, a generated column. It stays in its place.
const texts = [
  "1); DROP TABLE custom_contacts; --", "1) -- ", "1 /* ", "1; ATTACH 'x' AS y", "'", "\"", "(1", "1)", "", "  ", "a\u0000b",
  "(SELECT 1)", "(SELECT count(*) FROM custom_contacts)", "load_extension('/tmp/x')", "readfile('/etc/passwd')",
  "writefile('/tmp/x', 'y')", "fts3_tokenizer('x')", "random() > 1", "nothing(1)", "no_such_column > 1", "count(a)", "sum(a) OVER ()",
  "abs()", "a COLLATE nothing", "?1", ":a", "a.b", "RAISE(ABORT, 'x')", "1 +", "zeroblob(2000000000)", "x'zz'",
  "telaio_secret()", "json_extract(a, '$') -> 1 ->", `${"(".repeat(900)}1${")".repeat(900)}`,
];

test("engine text is refused with a reason or stays an expression", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  await client.post("/api/custom/contacts", { email: "a@x.org" });
  const before = (await client.get(tables)).data.tables.map((table) => table.tableName);
  const forms = [
    (raw) => ({ columns: [{ name: "a", type: "number", check: { raw } }] }),
    (raw) => ({ columns: [{ name: "a", type: "number", check: raw }] }),
    (raw) => ({ columns: [{ name: "a", type: "number", defaultValue: { raw } }] }),
    (raw) => ({ columns: [{ name: "a", type: "number" }, { name: "b", type: "text", generated: { as: { raw } } }] }),
    (raw) => ({ columns: [{ name: "a", type: "number" }], indexes: [{ columns: ["a"], where: raw }] }),
    (raw) => ({ columns: [{ name: "a", type: "number" }], indexes: [{ columns: [{ expr: { raw } }] }] }),
    (raw) => ({ columns: [{ name: "a", type: "native", nativeType: raw }] }),
  ];
  let n = 0;
  for (const text of texts) {
    for (const form of forms) {
      const table = { displayName: `Text ${++n}`, ...form(text) };
      const answer = await client.post(`${editor}/changes`, { operations: [{ op: "CREATE_TABLE", table }] });
      noFault(answer, JSON.stringify(table));
      assert.ok([201, 400, 409, 422].includes(answer.status), `${JSON.stringify(table)}: ${answer.text}`);
      if (answer.status !== 201) continue;
      // what was taken works like a table, or says why a row does not fit
      const [name] = answer.data.tables;
      noFault(await client.post(`${editor}/data/${name}`, { a: 1 }), JSON.stringify(table));
      noFault(await client.get(`${editor}/data/${name}`), JSON.stringify(table));
      const undone = await client.post(`${editor}/changes/${answer.data.changeId}:undo`);
      assert.equal(undone.status, 201, `${JSON.stringify(table)}: ${undone.text}`);
    }
  }
  assert.deepEqual((await client.get(tables)).data.tables.map((table) => table.tableName), before);
  assert.equal((await client.get("/api/custom/contacts")).data.rows.length, 1);
});

test("a text where an expression is meant is one, not a constant that refuses every row", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client, {
    displayName: "People",
    columns: [{ name: "age", type: "number", kind: "integer", check: "age >= 0" }, { name: "twice", type: "number", kind: "integer", generated: { as: "age * 2", stored: true } }],
    indexes: onMariadb ? [] : [{ name: "grown", columns: ["age"], unique: true, where: "age > 17" }],
  });
  const row = await client.post("/api/custom/people", { age: 18 });
  assert.equal(row.status, 201, row.text);
  assert.equal(row.data.twice, 36);
  assert.equal((await client.post("/api/custom/people", { age: -1 })).status, 422);
  assert.equal((await client.post("/api/custom/people", { age: 18 })).status, onMariadb ? 201 : 409);
  assert.equal((await client.post("/api/custom/people", { age: 5 })).status, 201);
  assert.equal((await client.post("/api/custom/people", { age: 5 })).status, 201);
});

test("an expression that its row makes impossible is the row's fault", async (t) => {
  const { client } = await startWithOwner(t);
  const number = { type: "number", kind: "bigint" };
  const made = await create(client, { displayName: "Sizes", columns: [{ name: "a", ...number, check: "abs(a) >= 0" }, { name: "b", ...number }] });
  const least = "-9223372036854775808"; // SQLite's abs() has no answer to it
  const wrong = await client.post(made.apiPath, { a: least });
  assert.equal(wrong.status, 422, wrong.text);
  assert.equal((await client.post(made.apiPath, { a: 1, b: least })).status, 201);
  // what the rows that are there make impossible is not made
  for (const index of [{ columns: [{ expr: "abs(b)" }] }, { columns: ["a"], where: "abs(b) > 0" }]) {
    const answer = await client.post(`${tables}/custom_sizes/indexes`, index);
    assert.equal(answer.status, 422, answer.text);
  }
  const added = await client.post(`${tables}/custom_sizes/columns`, { name: "c", ...number, generated: { as: "abs(b)" } });
  if (added.status === 201) {
    noFault(await client.get(made.apiPath), "a row whose computed column fails");
    assert.equal((await client.post(`${editor}/changes/${added.data.changeId}:undo`)).status, 201);
  } else {
    noFault(added, "a computed column that fails");
  }
  assert.equal((await client.get(made.apiPath)).data.rows[0].b, least);
});

test("texts of the schema stay texts: NUL, quotes and comments in values", async (t) => {
  const { client } = await startWithOwner(t);
  const nasty = "it's \"x\" */ -- ; DROP TABLE custom_contacts 🙂";
  const made = await client.post(tables, {
    displayName: nasty.slice(0, 20), description: nasty,
    columns: [
      { name: "a", type: "text", defaultValue: nasty, displayName: nasty, comment: onMariadb ? nasty.replace("🙂", "☺") : nasty },
      { name: "b", type: "enum", values: ["it's", "a\"b", "--"], defaultValue: "it's" },
      { name: "c", type: "text", check: { op: "!=", args: [{ column: "c" }, nasty] }, validation: { enum: ["x", "y'z"] } },
    ],
  });
  assert.equal(made.status, 201, made.text);
  const row = await client.post(made.data.apiPath, { c: "y'z" });
  assert.equal(row.status, 201, row.text);
  assert.equal(row.data.a, nasty);
  assert.equal(row.data.b, "it's");
  const nul = "a\u0000b";
  for (const body of [
    { displayName: nul, columns: [{ name: "a", type: "text" }] },
    { displayName: "N", description: nul, columns: [{ name: "a", type: "text" }] },
    { displayName: "N", columns: [{ name: nul, type: "text" }] },
    { displayName: "N", columns: [{ name: "a", type: "text", comment: nul }] },
    { displayName: "N", columns: [{ name: "a", type: "enum", values: [nul] }] },
    { displayName: "N", columns: [{ name: "a", type: "text", validation: { enum: [nul] } }] },
    { displayName: "N", columns: [{ name: "a", type: "text", validation: { pattern: nul } }] },
    { displayName: "N", columns: [{ name: "a", type: "text", check: { op: "=", args: [{ column: "a" }, nul] } }] },
    { displayName: "N", columns: [{ name: "a", type: "text", defaultValue: nul }] },
  ]) {
    const answer = await client.post(tables, body);
    assert.equal(answer.status, 422, `${JSON.stringify(body)}: ${answer.status} ${answer.text}`);
  }
});

test("a pattern that explodes ends soon, and one that is too large is refused", { timeout: 60_000 }, async (t) => {
  const { client } = await startWithOwner(t);
  const made = await create(client, { displayName: "Re", columns: [{ name: "a", type: "text", validation: { pattern: "^(a+)+$" } }] });
  const started = Date.now();
  const answer = await client.post(made.apiPath, { a: `${"a".repeat(50_000)}!` });
  assert.equal(answer.status, 422, answer.text.slice(0, 300));
  assert.ok(Date.now() - started < 10_000, `${Date.now() - started} ms`);
  for (const pattern of ["(", "[z-a]", "a{1000000000}", "((a{100}){100}){100}", "a".repeat(20_000), `${"(".repeat(2000)}${")".repeat(2000)}`, 7]) {
    const refused = await client.post(tables, { displayName: "Re2", columns: [{ name: "a", type: "text", validation: { pattern } }] });
    assert.equal(refused.status, 422, `${String(pattern).slice(0, 20)}: ${refused.text}`);
  }
  const like = `%${"a%".repeat(200)}b`;
  const slow = await client.get(`${made.apiPath}?filters=${encodeURIComponent(JSON.stringify({ a: { like } }))}`);
  noFault(slow, "a pattern of LIKE");
});

// ---- what comes back ----------------------------------------------------------------------------

test("no value reaches a header or a path as it is", async (t) => {
  const { client, server } = await startWithOwner(t);
  const made = await create(client, { displayName: "Keys / \"X-Evil: 1\"", columns: [{ name: "k", type: "text", primaryKey: true }, { name: "v", type: "text" }] });
  for (const k of ["a/b", "a b", "a\r\nX-Evil: 1", "é", "%2f", "?x=1", "#x", ":bulk", "x:bulk", "'", "\"", "🙂", "x".repeat(longestKey)]) {
    const row = await client.post(made.apiPath, { k, v: "1" });
    assert.equal(row.status, 201, row.text);
    assert.equal(row.headers.get("x-evil"), null);
    assert.match(row.headers.get("etag"), /^"[0-9a-f]+"$/);
    const location = row.headers.get("location");
    assert.match(location, /^\/api\/custom\/[A-Za-z0-9_.~%/-]+$/);
    assert.equal((await client.get(location)).data?.k, k, location);
  }
  const file = await client.get(`${editor}/export/${made.tableName}?format=csv`);
  assert.equal(file.headers.get("x-evil"), null);
  assert.match(file.headers.get("content-disposition"), /^attachment; filename="[a-z0-9_.-]+"/);
  for (const id of ["a b", "<script>", "\"x\"", "x".repeat(300), "é"]) {
    const answer = await raw(server.url, Buffer.from(`GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: ${id}\r\nConnection: close\r\n\r\n`));
    const shown = /x-request-id: (\S+)\r/i.exec(answer)?.[1];
    assert.match(shown ?? "", /^[0-9a-f-]{36}$/, `${id}: ${shown}`);
  }
});

test("no path leaves its folder, and no spelling opens a closed route", async (t) => {
  const { client, server } = await startWithOwner(t);
  const get = (path, more = "") => raw(server.url, `GET ${path} HTTP/1.1\r\nHost: x\r\n${more}Connection: close\r\n\r\n`);
  for (const path of ["/../../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/../../store.db", "//etc/passwd",
    "/assets/..%5c..%5cstore.db", "/store.db", "/tenants/main.db", "/assets/%00", "/.git/config"]) {
    const answer = await get(path);
    assert.match(answer, /^HTTP\/1\.1 (200|400|404)/, path);
    assert.ok(!/root:|SQLite format/.test(answer), path);
  }
  const bearer = `Authorization: Bearer ${client.token}\r\n`;
  for (const path of ["/api//auth/me", "/api/auth/me/", "/api/auth/./me", "/api/auth/x/../me", "/api/auth%2fme", "/api/%61uth/me"]) {
    assert.match(await get(path, bearer), /^HTTP\/1\.1 404/, path);
  }
  for (const method of ["TRACE", "CONNECT", "FOO", "get"]) {
    const answer = await raw(server.url, `${method} ${tables} HTTP/1.1\r\nHost: x\r\n${bearer}Connection: close\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 (400|404|405|501)/, method);
  }
  const row = { "x-http-method-override": "DELETE", "x-method-override": "DELETE" };
  await create(client);
  const { id } = (await client.post("/api/custom/contacts", { email: "a@x.org" })).data;
  assert.equal((await client.post(`/api/custom/contacts/${id}`, {}, row)).status, 405);
  assert.equal((await client.get(`/api/custom/contacts/${id}`)).status, 200);
});

test("JSON that can be read in two ways is not read at all", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const insert = (text) => client.request("POST", "/api/custom/contacts", text, json);
  for (const text of ['{"email":"a@x.org","email":"b@x.org"}', '{"email":"a@x.org"}{"email":"b@x.org"}', '{"email":"a@x.org"} x',
    '{"email":"a@x.org",}', "{'email':'a@x.org'}", "NaN", '{"email":"\\ud83d"}', '\ufeff{"email":"a@x.org"}', '{"age":1e400,"email":"a@x.org"}',
    '{"age":99999999999999999999999,"email":"a@x.org"}', Buffer.from('{"email":"\xff@x.org"}', "latin1")]) {
    const answer = await insert(text);
    assert.equal(answer.status, 400, `${text}: ${answer.text}`);
  }
  for (const [text, where] of [['{"email":"a@x.org","__proto__":{"a":1}}', "/__proto__"], ['{"EMAIL":"a@x.org"}', "/EMAIL"]]) {
    const answer = await insert(text);
    assert.equal(answer.status, 400, answer.text);
    assert.equal(answer.error.where, where);
  }
  const deep = (n) => `{"email":"d${n}@x.org","tags":${"[".repeat(n)}${"]".repeat(n)}}`;
  assert.equal((await insert(deep(deepest))).status, 201);
  for (const n of [deepest + 1, 64, 1000, 100_000]) assert.equal((await insert(deep(n))).status, 422, String(n));
  assert.equal((await client.get("/api/custom/contacts")).data.rows.length, 1);
});

test("an operation of a bulk names what it works on, or is refused", async (t) => {
  const { client } = await startWithOwner(t);
  await create(client);
  const row = (await client.post("/api/custom/contacts", { email: "a@x.org" })).data;
  const bulk = (operations) => client.post("/api/custom/contacts:bulk", { operations });
  const wrong = [[], [{}], [{ method: "GET", id: row.id }], [{ method: "DELETE" }], [{ method: "PATCH", id: row.id }], [{ method: "PATCH", data: {} }],
    [{ method: "POST", data: [] }], [{ method: "POST", id: "x", data: { email: "b@x.org" } }], [{ method: "DELETE", id: row.id, data: {} }]];
  for (const operations of wrong) {
    const answer = await bulk(operations);
    assert.equal(answer.status, 422, `${JSON.stringify(operations)}: ${answer.status} ${answer.text}`);
    assert.match(answer.error.where, /^\/operations/);
  }
  assert.equal((await bulk([{ method: "POST", data: { email: "b@x.org" }, extra: 1 }])).status, 400);
  assert.equal((await client.get("/api/custom/contacts")).data.rows.length, 1);
});
