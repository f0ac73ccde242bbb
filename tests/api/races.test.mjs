// Requests that come at the same moment: what only one of them may do, one does. The same wherever
// the store is.
import assert from "node:assert/strict";
import { test } from "node:test";
import { addUser, contacts, startWithOwner } from "../support/telaio.mjs";

const tables = "/api/db-editor/tables";
const counters = { displayName: "Counters", columns: [{ name: "n", type: "number", kind: "integer" }] };
const rows = "/api/custom/counters";
const many = (n, fn) => Promise.all(Array.from({ length: n }, (_, i) => fn(i)));
const statuses = (answers) => answers.map((answer) => answer.status).sort().join();

async function startWithCounters(t) {
  const { client } = await startWithOwner(t);
  const made = await client.post(tables, counters);
  assert.equal(made.status, 201, made.text);
  return client;
}

test("of writers who saw the same row, one writes", async (t) => {
  const client = await startWithCounters(t);
  const { data: row } = await client.post(rows, { n: 0 });
  for (let round = 1; round <= 10; round += 1) {
    const seen = (await client.get(`${rows}/${row.id}`)).headers.get("etag");
    const answers = await many(8, (i) => client.put(`${rows}/${row.id}`, { n: round * 10 + i }, { "If-Match": seen }));
    assert.equal(statuses(answers), "200,412,412,412,412,412,412,412");
    const written = answers.find((answer) => answer.status === 200);
    assert.equal((await client.get(`${rows}/${row.id}`)).data.n, written.data.n);
  }
});

test("of those who delete the row that they saw, one does", async (t) => {
  const client = await startWithCounters(t);
  for (let round = 0; round < 10; round += 1) {
    const { data: row, headers } = await client.post(rows, { n: round });
    const answers = await many(6, () => client.request("DELETE", `${rows}/${row.id}`, undefined, { "If-Match": headers.get("etag") }));
    assert.equal(answers.filter((answer) => answer.status < 300).length, 1, statuses(answers));
    for (const answer of answers) assert.ok([200, 204, 404, 412].includes(answer.status), answer.text);
  }
});

test("of owners who step down together, one stays", async (t) => {
  const { client } = await startWithOwner(t);
  const others = [];
  for (let i = 0; i < 4; i += 1) others.push(await addUser(client, { email: `o${i}@x.org`, role: "OWNER" }));
  const steps = [{ role: "USER", tenant: "main" }, { isActive: false }];
  const answers = await Promise.all(
    [client, ...others].map((one, i) => one.patch(`/api/users/${i === 0 ? 1 : one.user.id}`, steps[i % 2])));
  const refused = answers.filter((answer) => answer.status === 409);
  assert.ok(refused.length >= 1, statuses(answers));
  for (const answer of answers) assert.ok([200, 409, 503].includes(answer.status), answer.text);
  const left = [client, ...others][answers.indexOf(refused[0])];
  const users = (await left.get("/api/users")).data.users;
  assert.ok(users.some((user) => user.role === "OWNER" && user.isActive), JSON.stringify(users));
});

test("a key that comes with many requests at once is used by one", async (t) => {
  const client = await startWithCounters(t);
  for (let round = 0; round < 5; round += 1) {
    const answers = await many(8, () => client.post(rows, { n: round }, { "Idempotency-Key": `key-${round}` }));
    const made = answers.filter((answer) => answer.status === 201);
    assert.ok(made.length >= 1, statuses(answers));
    for (const answer of answers) assert.ok([201, 409].includes(answer.status), answer.text);
    assert.equal(new Set(made.map((answer) => answer.data.id)).size, 1, "the others repeat the answer");
  }
  assert.equal((await client.get(rows)).data.rows.length, 5);
});

test("two who change one table at once never leave half of it", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post(tables, contacts);
  await client.post("/api/custom/contacts", Array.from({ length: 200 }, (_, i) => ({ email: `p${i}@x.org`, name: `n${i}` })));
  const answers = await Promise.all(Array.from({ length: 16 }, (_, i) => {
    const path = `${tables}/custom_contacts/columns`;
    if (i % 4 === 0) return client.delete(`${path}/name`);
    if (i % 4 === 1) return client.post(path, { name: `c${i}`, type: "text", unique: true });
    if (i % 4 === 2) return client.put(`${path}/age`, { name: `age${i}` });
    return client.post("/api/custom/contacts", { email: `w${i}@x.org` });
  }));
  for (const [i, answer] of answers.entries()) assert.ok([200, 201, 404, 409].includes(answer.status), `${i}: ${answer.text}`);
  const count = (kind) => answers.filter((answer, i) => i % 4 === kind && answer.status < 300).length;
  assert.equal(count(0), 1, "one drops the column");
  assert.equal(count(1), 4, "each adds its own");
  assert.equal(count(2), 1, "one renames");
  assert.equal(count(3), 4, `rows go on being written: ${answers.filter((_, i) => i % 4 === 3).map((a) => a.text)}`);
  const { data } = await client.get(`${tables}/custom_contacts`);
  assert.equal(data.columns.filter((c) => /^c\d+$/.test(c.name)).length, 4);
  assert.equal((await client.get("/api/custom/contacts?limit=1")).data.pagination.total, 204);
});
