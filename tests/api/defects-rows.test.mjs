// Defects of the specifications, in rows: what they got wrong is tried from outside. The IDs are
// those of tests/defects.tsv.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, contacts, startWithOwner } from "../support/telaio.mjs";

const encode = encodeURIComponent;

const withContacts = async (t) => {
  const all = await startWithOwner(t);
  const made = await all.client.post("/api/db-editor/tables", contacts);
  assert.equal(made.status, 201, made.text);
  return all;
};

const attacks = [
  "'", '"', "\\", ";", "--", "/*", "\u0000", "' OR '1'='1", '" OR 1=1 --', "1; DROP TABLE custom_contacts",
  "name\" = 'x', \"tenant_id", "(SELECT password FROM users)", "${1}", "%27%20OR", "\ud83d\ude00", "a".repeat(300),
];

test("B-20, B-22, B-23, B-24, B-26: no text of a client is ever part of a statement", async (t) => {
  const { client } = await withContacts(t);
  await client.post("/api/custom/contacts", { email: "a@x.org", name: "one" });
  for (const text of attacks) {
    const refused = [
      await client.get(`/api/custom/contacts?sort=${encode(text)}`),
      await client.get(`/api/custom/contacts?order=${encode(text)}`),
      await client.get(`/api/custom/contacts?fields=${encode(text)}`),
      await client.get(`/api/custom/contacts?filters=${encode(JSON.stringify({ [text]: 1 }))}`),
      await client.get(`/api/custom/contacts?filters=${encode(JSON.stringify([{ field: "name", operator: text, value: 1 }]))}`),
      await client.get(`/api/custom/contacts?cursor=${encode(text)}`),
      await client.get(`/api/custom/contacts/${encode(text)}`),
      await client.get(`/api/custom/${encode(text)}`),
      await client.post("/api/custom/contacts", { email: "b@x.org", [text]: "x" }),
      await client.patch("/api/custom/contacts/00000000-0000-7000-8000-000000000000", { [text]: "x" }),
      await client.post(`/api/db-editor/import/custom_contacts?upsert=${encode(text)}`, "email\nq@x.org\n", { "content-type": "text/csv" }),
      await client.post("/api/db-editor/tables/custom_contacts/indexes", { columns: [text] }),
      await client.delete(`/api/db-editor/tables/custom_contacts/columns/${encode(text)}`),
    ];
    for (const [i, answer] of refused.entries()) {
      assert.ok(answer.status >= 400 && answer.status < 500, `${i} ${JSON.stringify(text)}: ${answer.status} ${answer.text}`);
    }
    const found = await client.get(`/api/custom/contacts?search=${encode(text)}`);
    assert.ok([200, 400].includes(found.status), found.text);
    assert.ok(found.status !== 200 || found.data.rows.length === 0, `${JSON.stringify(text)}: ${found.text}`);
  }
  const rows = (await client.get("/api/custom/contacts")).data.rows;
  assert.deepEqual(rows.map((r) => r.email), ["a@x.org"]);
});

test("B-24: an unknown member of a row is named, not dropped", async (t) => {
  const { client } = await withContacts(t);
  const answer = await client.post("/api/custom/contacts", { email: "a@x.org", "emial~/": "x" });
  assert.equal(answer.status, 400, answer.text);
  assert.equal(answer.error.code, "unknown_field");
  assert.equal(answer.error.where, "/emial~0~1");
});

test("B-33: an export has a safe name and can be made harmless for spreadsheets", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", { displayName: 'Q "x"; é/..', tableName: "q", columns: [{ name: "a", type: "text" }] });
  for (const a of ["=1+1", "@SUM(A1)", "+1", "-1", "plain"]) {
    assert.equal((await client.post("/api/custom/q", { a })).status, 201);
  }
  const plain = await client.get("/api/db-editor/export/custom_q?format=csv");
  assert.equal(plain.status, 200, plain.text);
  assert.match(plain.headers.get("content-disposition"), /^attachment; filename="[A-Za-z0-9_.-]+"/);
  assert.ok(plain.text.includes("=1+1"), "what is stored is what comes out");
  const safe = await client.get("/api/db-editor/export/custom_q?format=csv&safeFormulas=true");
  assert.equal(safe.status, 200, safe.text);
  for (const text of ["'=1+1", "'@SUM(A1)", "'+1", "'-1"]) {
    assert.ok(safe.text.includes(text), safe.text);
  }
});

test("B-50, B-51, B-52: totals count what was asked for, and pages stay in bounds", async (t) => {
  const { client } = await withContacts(t);
  for (let i = 0; i < 7; i++) {
    assert.equal((await client.post("/api/custom/contacts", { email: `${i}@x.org`, age: i })).status, 201);
  }
  const some = await client.get(`/api/custom/contacts?limit=2&filters=${encode('{"age":{"gte":3}}')}`);
  assert.equal(some.data.pagination.total, 4, some.text);
  assert.equal(some.data.pagination.pages, 2);
  for (const wrong of ["page=0", "page=-1", "page=x", "limit=0", "limit=1001", "limit=1e3", "page=1&page=2", "limit[]=1"]) {
    const answer = await client.get(`/api/custom/contacts?${wrong}`);
    assert.equal(answer.status, 400, `${wrong}: ${answer.text}`);
  }
  assert.deepEqual((await client.get("/api/custom/contacts?page=99")).data.rows, []);
});

test("B-55: several columns sort together, each in its direction", async (t) => {
  const { client } = await withContacts(t);
  for (const [email, name, age] of [["a@x.org", "x", 1], ["b@x.org", "x", 2], ["c@x.org", "w", 3], ["d@x.org", null, 4]]) {
    await client.post("/api/custom/contacts", { email, name, age });
  }
  const order = async (sort) =>
    (await client.get(`/api/custom/contacts?sort=${sort}`)).data.rows.map((r) => r.email[0]).join("");
  const ascending = await order("name,-age");
  assert.equal(ascending.replace("d", ""), "cba");
  assert.equal((await order("-name,age")).replace("d", ""), "abc");
});

test("B-56: tenant_id is shown only to who asks for it", async (t) => {
  const { client } = await withContacts(t);
  const row = await client.post("/api/custom/contacts", { email: "a@x.org" });
  for (const answer of [row, await client.get(`/api/custom/contacts/${row.data.id}`), await client.get("/api/custom/contacts")]) {
    assert.ok(!answer.text.includes("tenant_id"), answer.text);
  }
  assert.ok((await client.get("/api/custom/contacts?fields=id,tenant_id")).text.includes("tenant_id"));
});

test("B-57, B-58: an update says what it changes and on which version", async (t) => {
  const { client } = await withContacts(t);
  const made = await client.post("/api/custom/contacts", { email: "a@x.org", name: "one" });
  const path = `/api/custom/contacts/${made.data.id}`;
  const etag = made.headers.get("etag");
  assert.ok(etag, "a new row has its tag");
  assert.equal((await client.put(path, {})).status, 422);
  const put = await client.put(path, { name: "two" }, { "if-match": etag });
  assert.equal(put.status, 200, put.text);
  assert.equal(put.data.email, "a@x.org", "a PUT leaves what it does not name");
  assert.equal((await client.patch(path, { name: "three" }, { "if-match": etag })).status, 412);
  assert.equal((await client.delete(path, { "if-match": etag })).status, 412);
  assert.equal((await client.get(path)).data.name, "two");
});

test("B-59, B-60: the server keeps the times and the author, also for tokens", async (t) => {
  const { client } = await withContacts(t);
  const made = await client.post("/api/custom/contacts", { email: "a@x.org" });
  const me = (await client.get("/api/auth/me")).data.user;
  assert.equal(made.data.created_by, me.id);
  const path = `/api/custom/contacts/${made.data.id}`;
  const changed = await client.patch(path, { name: "x" });
  assert.equal(changed.data.created_at, made.data.created_at);
  assert.ok(Date.parse(changed.data.updated_at) >= Date.parse(made.data.updated_at));
  const token = await client.post("/api/tokens", { name: "robot" });
  assert.equal(token.status, 201, token.text);
  const secret = token.data.secret ?? token.data.token;
  const byToken = await client.post("/api/custom/contacts", { email: "b@x.org" }, { authorization: `Bearer ${secret}` });
  assert.equal(byToken.status, 201, byToken.text);
  assert.equal(byToken.data.created_by, me.id);
  const forged = await client.post("/api/custom/contacts", { email: "c@x.org", created_by: me.id + 1 });
  assert.equal(forged.status, 422, forged.text);
});

test("B-61, B-66: many rows at once on purpose, one row by its id, and text search", async (t) => {
  const { client } = await withContacts(t);
  const bulk = await client.post("/api/custom/contacts", [{ email: "a@x.org" }, { email: "b@x.org", name: "Bea" }]);
  assert.equal(bulk.status, 201, bulk.text);
  const { rows } = (await client.get("/api/custom/contacts?sort=email")).data;
  assert.equal(rows.length, 2);
  const one = await client.get(`/api/db-editor/data/custom_contacts/${rows[0].id}`);
  assert.equal(one.data.email, "a@x.org");
  const found = await client.get("/api/custom/contacts?search=bea");
  assert.deepEqual(found.data.rows.map((r) => r.email), ["b@x.org"]);
  const items = await client.post("/api/custom/contacts:bulk", {
    operations: rows.map((r) => ({ method: "DELETE", id: r.id })),
  });
  assert.equal(items.status, 200, items.text);
  assert.equal((await client.get("/api/custom/contacts")).data.rows.length, 0);
  const half = await client.post("/api/custom/contacts", [{ email: "c@x.org" }, "not a row"]);
  assert.ok([400, 422].includes(half.status), half.text);
  assert.equal((await client.get("/api/custom/contacts")).data.rows.length, 0);
});

test("B-11, B-67: a table with a key of its own works, and says that it is not a managed one", async (t) => {
  const { client } = await startWithOwner(t);
  const table = {
    tableName: "stock",
    displayName: "Stock",
    primaryKey: ["shop", "item"],
    columns: [
      { name: "shop", type: "text", nullable: false },
      { name: "item", type: "number", kind: "integer", nullable: false },
      { name: "n", type: "number", kind: "integer" },
    ],
  };
  const made = await client.post("/api/db-editor/changes", { operations: [{ op: "CREATE_TABLE", table }] });
  assert.equal(made.status, 201, made.text);
  const [listed] = (await client.get("/api/db-editor/tables")).data.tables;
  const name = listed.tableName;
  assert.equal(listed.managed, false, JSON.stringify(listed));
  const managed = await client.post("/api/db-editor/tables", contacts);
  const shown = await client.get(`/api/db-editor/tables/${managed.data.tableName}`);
  assert.equal(shown.data.managed, true, shown.text);
  const data = `/api/db-editor/data/${name}`;
  assert.equal((await client.post(data, { shop: "a,b/c", item: 1, n: 5 })).status, 201);
  assert.equal((await client.post(data, { shop: "a", item: 2, n: 6 })).status, 201);
  const list = await client.get(data);
  assert.equal(list.status, 200, list.text);
  assert.equal(list.data.rows.length, 2);
  const one = await client.get(`${data}/${encode("a,2")}`);
  assert.equal(one.status, 200, one.text);
  assert.equal(one.data.n, 6);
  const changed = await client.patch(`${data}/${encode("a,2")}`, { n: 7 });
  assert.equal(changed.status, 200, changed.text);
  assert.equal(changed.data.n, 7);
  assert.equal((await client.delete(`${data}/${encode("a,2")}`)).status, 200);
  assert.equal((await client.get(data)).data.rows.length, 1);
});

test("B-68: a computed column is refused by name", async (t) => {
  const { client } = await startWithOwner(t);
  const made = await client.post("/api/db-editor/tables", {
    displayName: "Sums",
    columns: [
      { name: "a", type: "number", kind: "integer" },
      { name: "twice", type: "number", kind: "integer", generated: { as: { raw: "a * 2" }, stored: false } },
    ],
  });
  assert.equal(made.status, 201, made.text);
  const row = await client.post("/api/custom/sums", { a: 4 });
  assert.equal(row.status, 201, row.text);
  assert.equal(row.data.twice, 8);
  const wrong = await client.post("/api/custom/sums", { a: 4, twice: 9 });
  assert.equal(wrong.status, 422, wrong.text);
  assert.equal(wrong.error.where, "/twice");
});

test("B-32: an id that can be none is not found, on both paths and all methods", async (t) => {
  const { client } = await withContacts(t);
  for (const id of ["1", "not-a-uuid", "00000000-0000-7000-8000-000000000000", "null", "a,b", "%20"]) {
    for (const base of ["/api/custom/contacts", "/api/db-editor/data/custom_contacts"]) {
      for (const [method, body] of [["GET"], ["PUT", { name: "x" }], ["PATCH", { name: "x" }], ["DELETE"]]) {
        const answer = await client.request(method, `${base}/${id}`, body);
        assert.equal(answer.status, 404, `${method} ${base}/${id}: ${answer.text}`);
        assert.equal(answer.error.code, "not_found");
      }
    }
  }
});

test("B-71, X-27: both paths to a table give the same answers to the same people", async (t) => {
  const { client } = await withContacts(t);
  const row = await client.post("/api/custom/contacts", { email: "a@x.org", tags: [1], balance: "12.30" });
  await client.put("/api/db-editor/tables/custom_contacts", {
    permissions: { read: ["USER"], create: ["TENANT_ADMIN"], update: ["TENANT_ADMIN"], delete: ["OWNER"] },
  });
  const people = [client, await addUser(client, { email: "u@x.org", tenant: "main" }),
    await addUser(client, { email: "t@x.org", role: "TENANT_ADMIN", tenant: "main" })];
  const asked = [
    ["GET", ""], ["GET", `/${row.data.id}`], ["GET", "?limit=x"], ["GET", "?sort=-email&count=none"],
    ["POST", "", { nope: 1 }], ["PATCH", `/${row.data.id}`, { age: 999 }],
    ["DELETE", "/00000000-0000-7000-8000-000000000000"],
  ];
  for (const person of people) {
    for (const [method, rest, body] of asked) {
      const [one, other] = await Promise.all(
        ["/api/custom/contacts", "/api/db-editor/data/custom_contacts"].map((base) =>
          person.request(method, base + rest, body)),
      );
      assert.equal(one.status, other.status, `${method} ${rest}: ${one.text} ${other.text}`);
      const plain = (answer) => answer.text.replace(answer.headers.get("x-request-id"), "ID");
      assert.equal(plain(one), plain(other));
    }
  }
});

test("B-63: numbers and times keep what they were", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", {
    displayName: "Exact",
    columns: [
      { name: "big", type: "number", kind: "bigint" },
      { name: "money", type: "number", kind: "decimal", precision: 30, scale: 10 },
      { name: "at", type: "datetime" },
      { name: "day", type: "date" },
      { name: "doc", type: "json" },
    ],
  });
  const sent = { big: "9223372036854775807", money: "12345678901234567890.1234567891", at: "2024-03-10T02:30:00+05:00", day: "2024-02-29", doc: null };
  const row = await client.post("/api/custom/exact", sent);
  assert.equal(row.status, 201, row.text);
  assert.equal(String(row.data.big), sent.big);
  assert.equal(row.data.money, sent.money);
  assert.equal(Date.parse(row.data.at), Date.parse(sent.at));
  assert.match(row.data.at, /Z$/);
  assert.equal(row.data.day, "2024-02-29");
  assert.equal((await client.post("/api/custom/exact", { day: "2024-02-30" })).status, 422);
});
