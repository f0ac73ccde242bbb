// Rows: list grammar, types, writes, versions, bulk, import, export.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { contacts, dataFolder, hasData, startWithOwner } from "../support/telaio.mjs";

const withContacts = async (t, n = 0) => {
  const started = await startWithOwner(t);
  const made = await started.client.post("/api/db-editor/tables", contacts);
  assert.equal(made.status, 201, made.text);
  if (n > 0) {
    const rows = Array.from({ length: n }, (_, i) => ({
      email: `p${String(i).padStart(4, "0")}@x.org`,
      name: i % 7 === 0 ? null : `Person ${i % 13}`,
      age: i % 90,
      balance: `${i}.25`,
      active: i % 2 === 0,
      stage: ["lead", "customer", "lost"][i % 3],
    }));
    const bulk = await started.client.post("/api/custom/contacts", rows);
    assert.equal(bulk.status, 201, bulk.text);
  }
  return started;
};

const filtered = (client, filters, more = "") =>
  client.get(`/api/custom/contacts?limit=1000&filters=${encodeURIComponent(JSON.stringify(filters))}${more}`);

test("a row goes in and comes out with its types (B-63)", async (t) => {
  const { client } = await withContacts(t);
  const row = {
    email: "a@x.org", name: "Ann", age: 41, balance: "12345678.90", active: false, born: "1985-02-28",
    seen: "2026-01-31T12:00:00+02:00", tags: { a: [1, 2, { b: null }] }, stage: "customer",
  };
  const made = await client.post("/api/custom/contacts", row);
  assert.equal(made.status, 201, made.text);
  assert.match(made.data.id, /^[0-9a-f-]{36}$/);
  assert.equal(made.data.age, 41);
  assert.equal(Number(made.data.balance), 12345678.9);
  assert.equal(made.data.active, false);
  assert.equal(made.data.born, "1985-02-28");
  assert.equal(Date.parse(made.data.seen), Date.parse(row.seen));
  assert.ok(made.data.seen.endsWith("Z"));
  assert.deepEqual(made.data.tags, row.tags);
  assert.ok(!("tenant_id" in made.data), "B-56");
  assert.ok(made.headers.get("etag"));
  assert.ok(made.headers.get("location").endsWith(made.data.id));
  const one = await client.get(`/api/custom/contacts/${made.data.id}`);
  assert.deepEqual(one.data, made.data);
  const same = await client.get(`/api/db-editor/data/custom_contacts/${made.data.id}`);
  assert.deepEqual(same.data, made.data);
  const cached = await client.get(`/api/custom/contacts/${made.data.id}`, { "if-none-match": one.headers.get("etag") });
  assert.equal(cached.status, 304);
  assert.equal(cached.text, "");
});

test("defaults fill what is not given", async (t) => {
  const { client } = await withContacts(t);
  const made = await client.post("/api/custom/contacts", { email: "a@x.org" });
  assert.equal(made.data.active, true);
  assert.equal(made.data.stage, "lead");
  assert.equal(made.data.name, null);
});

test("rules are enforced by the server with the column named (B-62, A-24)", async (t) => {
  const { client } = await withContacts(t);
  const good = { email: "a@x.org" };
  const bad = [
    [{}, "/email"],
    [{ email: null }, "/email"],
    [{ email: "no at sign" }, "/email"],
    [{ email: `${"x".repeat(260)}@x` }, "/email"],
    [{ ...good, age: 151 }, "/age"],
    [{ ...good, age: -1 }, "/age"],
    [{ ...good, age: "old" }, "/age"],
    [{ ...good, age: 1.5 }, "/age"],
    [{ ...good, balance: "1.005" }, "/balance"],
    [{ ...good, active: "maybe" }, "/active"],
    [{ ...good, born: "2024-02-30" }, "/born"],
    [{ ...good, seen: "yesterday" }, "/seen"],
    [{ ...good, stage: "unknown" }, "/stage"],
    [{ ...good, nope: 1 }, "/nope"],
  ];
  for (const [row, where] of bad) {
    const answer = await client.post("/api/custom/contacts", row);
    assert.ok([400, 422].includes(answer.status), JSON.stringify(row) + answer.text);
    assert.equal(answer.error.where, where, JSON.stringify(row) + answer.text);
  }
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 0);
});

test("server columns cannot be set to something else (B-25, B-27)", async (t) => {
  const { client } = await withContacts(t);
  const made = await client.post("/api/custom/contacts", { email: "a@x.org" });
  const id = made.data.id;
  for (const change of [{ tenant_id: 999 }, { created_by: 999 }, { created_at: "2000-01-01T00:00:00Z" }, { id: "00000000-0000-7000-8000-000000000000" }]) {
    const answer = await client.put(`/api/custom/contacts/${id}`, { name: "x", ...change });
    assert.equal(answer.status, 422, JSON.stringify(change) + answer.text);
  }
  const equal = await client.put(`/api/custom/contacts/${id}`, { id, created_at: made.data.created_at, name: "x" });
  assert.equal(equal.status, 200, equal.text);
  // moments that end in zeros too: one in ten does
  const many = await client.post("/api/custom/contacts", Array.from({ length: 40 }, (_, i) => ({ email: `m${i}@x.org` })));
  assert.equal(many.status, 201, many.text);
  const { rows } = (await client.get("/api/custom/contacts?limit=100")).data;
  assert.equal(rows.length, 41);
  for (const row of rows) {
    const same = await client.put(`/api/custom/contacts/${row.id}`, { ...row, name: "y" });
    assert.equal(same.status, 200, same.text);
  }
  const injected = await client.put(`/api/custom/contacts/${id}`, { 'name" = \'x\', "tenant_id': 2 });
  assert.ok([400, 422].includes(injected.status));
  const insertWithId = await client.post("/api/custom/contacts", { id: "018f0000-0000-7000-8000-000000000001", email: "b@x.org" });
  assert.equal(insertWithId.status, 201, insertWithId.text);
  assert.equal(insertWithId.data.id, "018f0000-0000-7000-8000-000000000001");
});

test("updates change only what is given, and versions are checked (B-57, B-58)", async (t) => {
  const { client } = await withContacts(t);
  const made = await client.post("/api/custom/contacts", { email: "a@x.org", name: "Ann" });
  const path = `/api/custom/contacts/${made.data.id}`;
  const etag = made.headers.get("etag");
  const put = await client.put(path, { age: 5 }, { "if-match": etag });
  assert.equal(put.status, 200, put.text);
  assert.equal(put.data.name, "Ann");
  assert.equal(put.data.age, 5);
  assert.notEqual(put.headers.get("etag"), etag);
  const stale = await client.patch(path, { age: 6 }, { "if-match": etag });
  assert.equal(stale.status, 412, stale.text);
  assert.equal(stale.error.code, "precondition_failed");
  const empty = await client.patch(path, {});
  assert.equal(empty.status, 422);
  assert.equal((await client.delete(path, { "if-match": etag })).status, 412);
  assert.equal((await client.delete(path)).status, 200);
  assert.equal((await client.get(path)).status, 404);
  assert.equal((await client.delete(path)).status, 404);
  for (const id of ["1", "not-a-uuid", "'; DROP TABLE x; --", "%00"]) {
    const answer = await client.get(`/api/custom/contacts/${encodeURIComponent(id)}`);
    assert.ok([400, 404].includes(answer.status), `B-32 ${id}: ${answer.status}`);
  }
});

test("filters, object and tree, with every operator (B-22, B-54)", async (t) => {
  const { client } = await withContacts(t, 120);
  const total = async (filters) => {
    const answer = await filtered(client, filters);
    assert.equal(answer.status, 200, JSON.stringify(filters) + answer.text);
    assert.equal(answer.data.pagination.total, answer.data.rows.length, "B-50");
    return answer.data.rows.length;
  };
  const expectations = [
    [{ stage: "lead" }, 40],
    [{ stage: "lead", active: true }, 20],
    [{ name: null }, 18],
    [{ and: [{ field: "age", operator: ">=", value: 80 }] }, 10],
    [{ and: [{ field: "age", operator: "gte", value: 80 }, { field: "age", operator: "lt", value: 85 }] }, 5],
    [{ or: [{ field: "age", operator: "=", value: 3 }, { field: "age", operator: "eq", value: 4 }] }, 4],
    [{ and: [{ field: "stage", operator: "IN", value: ["lead", "lost"] }] }, 80],
    [{ and: [{ field: "stage", operator: "in", value: [] }] }, 0],
    [{ and: [{ field: "stage", operator: "!=", value: "lead" }] }, 80],
    [{ and: [{ field: "name", operator: "neq", value: "Person 1" }] }, null],
    [{ and: [{ field: "email", operator: "LIKE", value: "p000%" }] }, 10],
    [{ and: [{ field: "email", operator: "ilike", value: "P000%" }] }, 10],
    [{ and: [{ field: "email", operator: "startsWith", value: "p011" }] }, 10],
    [{ and: [{ field: "email", operator: "contains", value: "%" }] }, 0],
    [{ and: [{ field: "age", operator: "between", value: [10, 12] }] }, 6],
    [{ and: [{ field: "name", operator: "is", value: null }] }, 18],
    [{ and: [{ field: "balance", operator: ">", value: "9.5" }] }, 110],
  ];
  for (const [filters, expected] of expectations) {
    const found = await total(filters);
    if (expected !== null) assert.equal(found, expected, JSON.stringify(filters));
  }
});

test("parameters that do not parse are 400 with where (B-23, B-28, B-52)", async (t) => {
  const { client } = await withContacts(t, 3);
  const bad = [
    "page=0", "page=-1", "page=x", "limit=0", "limit=1001", "limit=abc", "sort=nope", "sort=email;drop", "order=sideways",
    "filters=%7B", "filters=%5B%5D", "filters=%7B%22nope%22%3A1%7D", `filters=${encodeURIComponent('{"id\\" OR 1=1 --": 1}')}`,
    `filters=${encodeURIComponent('{"and":[{"field":"age","operator":"~~","value":1}]}')}`,
    `filters=${encodeURIComponent('{"age":"x"}')}`,
    "count=perhaps", "fields=nope", "cursor=garbage", "unknown=1", "page=1&page=2",
  ];
  for (const query of bad) {
    const answer = await client.get(`/api/custom/contacts?${query}`);
    assert.equal(answer.status, 400, `${query}: ${answer.status} ${answer.text}`);
    assert.ok(answer.error.where, query + answer.text);
  }
});

test("filters have limits of depth and terms, tested at the edge", async (t) => {
  const { client } = await withContacts(t, 3);
  const nest = (depth) => {
    let node = { field: "age", operator: "eq", value: 1 };
    for (let i = 0; i < depth; i++) node = i % 2 ? { and: [node, { field: "age", operator: "eq", value: 2 }] } : { or: [node, { field: "age", operator: "eq", value: 3 }] };
    return node;
  };
  assert.equal((await filtered(client, nest(15))).status, 200);
  assert.equal((await filtered(client, nest(17))).status, 422);
  const terms = (n) => ({ or: Array.from({ length: n }, (_, i) => ({ field: i % 2 ? "age" : "name", operator: i % 2 ? "gt" : "contains", value: i % 2 ? i : `a${i}` })) });
  const list = (tree) => client.post("/api/db-editor/export/custom_contacts?format=json", { filters: tree });
  const many = await filtered(client, terms(100));
  assert.equal(many.status, 200, many.text);
  const over = await list(terms(501));
  assert.equal(over.status, 422, over.text);
});

test("paging by page and by cursor visits every row once, nulls and ties included (B-53)", async (t) => {
  const { client } = await withContacts(t, 237);
  for (const sort of ["name", "-name", "age,-email", "created_at"]) {
    const byPage = [];
    for (let page = 1; ; page++) {
      const answer = await client.get(`/api/custom/contacts?limit=50&page=${page}&sort=${sort}`);
      assert.equal(answer.status, 200, answer.text);
      assert.equal(answer.data.pagination.total, 237);
      assert.equal(answer.data.pagination.pages, 5);
      byPage.push(...answer.data.rows.map((r) => r.id));
      if (page === answer.data.pagination.pages) break;
    }
    const byCursor = [];
    let cursor;
    do {
      const answer = await client.get(`/api/custom/contacts?limit=50&sort=${sort}${cursor ? `&cursor=${encodeURIComponent(cursor)}` : ""}`);
      assert.equal(answer.status, 200, answer.text);
      byCursor.push(...answer.data.rows.map((r) => r.id));
      cursor = answer.meta?.nextCursor;
    } while (cursor);
    assert.equal(new Set(byPage).size, 237);
    assert.deepEqual(byCursor, byPage, sort);
  }
});

test("search finds text in any text column, whatever the case", async (t) => {
  const { client } = await withContacts(t, 30);
  await client.post("/api/custom/contacts", { email: "elise@x.org", name: "Élise" });
  assert.equal((await client.get(`/api/custom/contacts?search=${encodeURIComponent("éLISE")}`)).data.rows.length, 1);
  assert.equal((await client.get("/api/custom/contacts?search=P0001")).data.rows.length, 1);
  assert.equal((await client.get(`/api/custom/contacts?search=${encodeURIComponent("%")}`)).data.rows.length, 0);
});

test("fields chooses columns; tenant_id only when named", async (t) => {
  const { client } = await withContacts(t, 2);
  const answer = await client.get("/api/custom/contacts?fields=email,tenant_id");
  assert.deepEqual(Object.keys(answer.data.rows[0]).sort(), ["email", "tenant_id"]);
});

test("count none, exact and estimated (B-51)", async (t) => {
  const { client } = await withContacts(t, 12);
  assert.equal((await client.get("/api/custom/contacts?count=none")).data.pagination.total, null);
  const exact = await client.get("/api/custom/contacts?count=exact");
  assert.equal(exact.data.pagination.total, 12);
  assert.equal(exact.data.pagination.exact, true);
  assert.equal((await client.get("/api/custom/contacts?count=estimated")).status, 200);
});

test("a bulk insert is all or nothing", async (t) => {
  const { client } = await withContacts(t);
  const answer = await client.post("/api/custom/contacts", [{ email: "a@x.org" }, { email: "b@x.org" }, { email: "bad" }]);
  assert.equal(answer.status, 422, answer.text);
  assert.match(answer.error.where, /^\/2\/email/);
  const clash = await client.post("/api/custom/contacts", [{ email: "a@x.org" }, { email: "a@x.org" }]);
  assert.equal(clash.status, 409, clash.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 0);
});

test(":bulk runs operations in one transaction, or partially on request", async (t) => {
  const { client } = await withContacts(t, 3);
  const rows = (await client.get("/api/custom/contacts?sort=email")).data.rows;
  const operations = [
    { method: "PATCH", id: rows[0].id, data: { name: "changed" } },
    { method: "DELETE", id: rows[1].id },
    { method: "POST", data: { email: "new@x.org" } },
  ];
  const done = await client.post("/api/custom/contacts:bulk", { operations });
  assert.equal(done.status, 200, done.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 3);
  const mixed = [{ method: "DELETE", id: rows[2].id }, { method: "POST", data: { email: "new@x.org" } }];
  assert.equal((await client.post("/api/custom/contacts:bulk", { operations: mixed })).status, 409);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 3);
  const partial = await client.post("/api/custom/contacts:bulk?mode=partial", { operations: mixed });
  assert.equal(partial.status, 200, partial.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 2);
});

test("an Idempotency-Key makes a retry harmless (A-73)", async (t) => {
  const { client } = await withContacts(t);
  const key = { "idempotency-key": "k-1" };
  const first = await client.post("/api/custom/contacts", { email: "a@x.org" }, key);
  const second = await client.post("/api/custom/contacts", { email: "a@x.org" }, key);
  assert.equal(first.status, 201);
  assert.equal(second.status, 201, second.text);
  assert.equal(second.data.id, first.data.id);
  const other = await client.post("/api/custom/contacts", { email: "b@x.org" }, key);
  assert.equal(other.status, 422, other.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 1);
});

const airports = {
  displayName: "Airports",
  columns: [
    { name: "iata", type: "text", nullable: false, unique: true, validation: { maxLength: 4 } },
    { name: "name", type: "text" }, { name: "city", type: "text" }, { name: "state", type: "text" },
    { name: "country", type: "text" },
    { name: "latitude", type: "number", kind: "float" }, { name: "longitude", type: "number", kind: "float" },
  ],
};

test("airports.csv goes in whole and comes out equal (B-65)", { skip: !hasData && "no ../shared/data" }, async (t) => {
  const { client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", airports)).status, 201);
  const csv = readFileSync(join(dataFolder, "import/airports.csv"), "utf8");
  const lines = csv.trim().split(/\r?\n/).length - 1;
  const dry = await client.post("/api/db-editor/import/custom_airports?dryRun=true", csv, { "content-type": "text/csv" });
  assert.equal(dry.status, 200, dry.text);
  assert.equal((await client.get("/api/custom/airports")).data.pagination.total, 0);
  const done = await client.post("/api/db-editor/import/custom_airports", csv, { "content-type": "text/csv" });
  assert.equal(done.status, 200, done.text);
  assert.equal(done.data.inserted, lines);
  assert.deepEqual(done.data.errors, []);
  const again = await client.post("/api/db-editor/import/custom_airports?upsert=iata", csv, { "content-type": "text/csv" });
  assert.equal(again.status, 200, again.text);
  assert.equal(again.data.updated + (again.data.skipped ?? 0), lines);
  const out = await client.post("/api/db-editor/export/custom_airports?format=csv&sort=iata&fields=iata,name,city,state,country,latitude,longitude");
  assert.equal(out.status, 200);
  assert.match(out.headers.get("content-type"), /text\/csv/);
  assert.equal(out.text.trim().split("\n").length, lines + 1);
  const ndjson = await client.get("/api/db-editor/export/custom_airports?format=ndjson");
  assert.equal(ndjson.text.trim().split("\n").length, lines);
});

test("a bad row stops an import whole, or is reported in partial mode", async (t) => {
  const { client } = await withContacts(t);
  const csv = "email,age\na@x.org,1\nbad,2\nc@x.org,x\nd@x.org,4\n";
  const whole = await client.post("/api/db-editor/import/custom_contacts", csv, { "content-type": "text/csv" });
  assert.equal(whole.status, 422, whole.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 0);
  const partial = await client.post("/api/db-editor/import/custom_contacts?mode=partial", csv, { "content-type": "text/csv" });
  assert.equal(partial.status, 200, partial.text);
  assert.equal(partial.data.inserted, 2);
  assert.equal(partial.data.errors.length, 2);
  assert.deepEqual(partial.data.errors.map((e) => e.column).sort(), ["age", "email"]);
});

test("JSON and NDJSON import, with unknown columns refused", async (t) => {
  const { client } = await withContacts(t);
  const json = await client.post("/api/db-editor/import/custom_contacts", JSON.stringify([{ email: "a@x.org" }, { email: "b@x.org", tags: [1] }]), { "content-type": "application/json" });
  assert.equal(json.status, 200, json.text);
  const ndjson = await client.post("/api/db-editor/import/custom_contacts", '{"email":"c@x.org"}\n{"email":"d@x.org"}\n', { "content-type": "application/x-ndjson" });
  assert.equal(ndjson.status, 200, ndjson.text);
  assert.equal((await client.get("/api/custom/contacts")).data.pagination.total, 4);
  const unknown = await client.post("/api/db-editor/import/custom_contacts", "nope\n1\n", { "content-type": "text/csv" });
  assert.ok([400, 422].includes(unknown.status), unknown.text);
  const type = await client.post("/api/db-editor/import/custom_contacts", "x", { "content-type": "image/png" });
  assert.equal(type.status, 415, type.text);
});

test("the strings that break software go in and come out unchanged", { skip: !hasData && "no ../shared/data" }, async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", { displayName: "Strings", columns: [{ name: "value", type: "text" }] });
  const { readdirSync } = await import("node:fs");
  const file = readdirSync(join(dataFolder, "strings")).find((f) => f.endsWith(".json"));
  const strings = JSON.parse(readFileSync(join(dataFolder, "strings", file), "utf8"));
  for (const value of strings) {
    const made = await client.post("/api/custom/strings", { value });
    assert.equal(made.status, 201, JSON.stringify(value) + made.text);
    assert.equal(made.data.value, value);
    const found = await client.get(`/api/custom/strings?filters=${encodeURIComponent(JSON.stringify({ value }))}`);
    assert.equal(found.status, 200, JSON.stringify(value) + found.text);
    assert.ok(found.data.rows.some((r) => r.id === made.data.id), JSON.stringify(value));
    const searched = await client.get(`/api/custom/strings?search=${encodeURIComponent(value)}`);
    assert.ok([200, 400].includes(searched.status), JSON.stringify(value) + searched.text);
  }
});
