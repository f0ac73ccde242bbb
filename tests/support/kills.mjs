// What the tests share that kill a server in the middle of a schema change.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { contacts, repository, temporaryFolder } from "./telaio.mjs";

export const editor = "/api/db-editor";
// How many moments of each change are tried; all of them with TELAIO_TEST_KILL_ALL=1.
export const moments = (few) => (process.env.TELAIO_TEST_KILL_ALL ? Infinity : few);

// kill_at.c as a library to be preloaded.
export const shim = (t) => {
  const library = join(temporaryFolder(t), "kill_at.so");
  const source = join(repository, "tests/support/kill_at.c");
  const made = spawnSync("cc", ["-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
  assert.equal(made.status, 0, made.stderr?.toString());
  return library;
};

export const shimEnvironment = (library, more) => ({
  LD_PRELOAD: library,
  ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0",
  ...more,
});

// A table of 200 rows.
export const fill = async (client) => {
  const made = await client.post(`${editor}/tables`, contacts);
  assert.equal(made.status, 201, made.text);
  const rows = Array.from({ length: 200 }, (_, i) => ({ email: `p${i}@x.org`, name: `Person ${i}`, age: i % 100 }));
  const filled = await client.post("/api/custom/contacts", rows);
  assert.equal(filled.status, 201, filled.text);
};

export const changes = [
  {
    what: "a list with a rebuild, a column in the trash and an index",
    operations: [
      { op: "DROP_COLUMN", table: "custom_contacts", column: "email" },
      { op: "CREATE_COLUMN", table: "custom_contacts", column: { name: "phone", type: "text", nullable: false, defaultValue: "?" } },
      { op: "RENAME_COLUMN", table: "custom_contacts", column: "name", newName: "full_name" },
      { op: "CREATE_INDEX", table: "custom_contacts", index: { columns: ["full_name"] } },
      { op: "CREATE_TABLE", table: { displayName: "Notes", columns: [{ name: "contact", type: "relation", relatedTable: "custom_contacts" }] } },
    ],
  },
  { what: "a table that goes to the trash", operations: [{ op: "DROP_TABLE", table: "custom_contacts" }] },
];

// What the outside sees of the schema and its rows.
export const look = async (client) => {
  const { tables } = (await client.get(`${editor}/tables`)).data;
  const rows = await client.get("/api/custom/contacts?limit=1000&sort=age,id");
  const trash = await client.get(`${editor}/trash`);
  return {
    tables: tables.map((table) => [table.tableName, table.columns.map((c) => c.name), table.indexes.map((i) => i.name)]),
    rows: rows.status === 200 ? rows.data.rows.map(({ phone, ...row }) => row) : rows.status,
    trash: trash.data.items.map((item) => [item.kind, item.tableName, item.columnName]),
  };
};

// An entry of the history that is the change of @operations.
export const isOf = (change, operations) =>
  change.operations.length === operations.length && change.operations[0].op === operations[0].op;
