// kill -9 in the middle of a schema change: the server is killed in front of its n-th write or sync,
// for n over the whole change, and started again. The schema is the one before or the one after, the
// journal says which, and the registry says the same.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Client, contacts, copyFolder, repository, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const editor = "/api/db-editor";
// How many moments of each change are tried; all of them with TELAIO_TEST_KILL_ALL=1.
const moments = process.env.TELAIO_TEST_KILL_ALL ? Infinity : 24;

const shim = (t) => {
  const library = join(temporaryFolder(t), "kill_at.so");
  const source = join(repository, "tests/support/kill_at.c");
  const made = spawnSync("cc", ["-D_GNU_SOURCE", "-O1", "-shared", "-fPIC", "-o", library, source, "-ldl"]);
  assert.equal(made.status, 0, made.stderr?.toString());
  return library;
};

// A data folder with a table of 200 rows and an owner whose token stays good.
const prepare = async (t) => {
  const folder = temporaryFolder(t);
  const { client, server } = await startWithOwner(t, { folder });
  const made = await client.post(`${editor}/tables`, contacts);
  assert.equal(made.status, 201, made.text);
  const rows = Array.from({ length: 200 }, (_, i) => ({ email: `p${i}@x.org`, name: `Person ${i}`, age: i % 100 }));
  const filled = await client.post("/api/custom/contacts", rows);
  assert.equal(filled.status, 201, filled.text);
  await server.stop();
  return { folder, token: client.token };
};

const changes = [
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
const look = async (client) => {
  const { tables } = (await client.get(`${editor}/tables`)).data;
  const rows = await client.get("/api/custom/contacts?limit=1000&sort=age,id");
  const trash = await client.get(`${editor}/trash`);
  return {
    tables: tables.map((table) => [table.tableName, table.columns.map((c) => c.name), table.indexes.map((i) => i.name)]),
    rows: rows.status === 200 ? rows.data.rows.map(({ phone, ...row }) => row) : rows.status,
    trash: trash.data.items.map((item) => [item.kind, item.tableName, item.columnName]),
  };
};

for (const { what, operations } of changes) {
  test(`killed at any moment of ${what}, all or nothing is there`, { timeout: 1_800_000 }, async (t) => {
    const library = shim(t);
    const { folder, token } = await prepare(t);
    const environment = (more) => ({
      LD_PRELOAD: library,
      ASAN_OPTIONS: "verify_asan_link_order=0:detect_leaks=0",
      ...more,
    });
    // one run that is only counted, and what is there before and after it
    const count = join(temporaryFolder(t), "count");
    const whole = join(temporaryFolder(t), "data");
    copyFolder(folder, whole);
    const counting = await new Server({ folder: whole, env: environment({ TELAIO_TEST_KILL_COUNT: count }) }).start();
    const client = new Client(counting.url, { token });
    const before = await look(client);
    counting.process.kill("SIGUSR1");
    const done = await client.post(`${editor}/changes`, { operations });
    assert.equal(done.status, 201, done.text);
    const total = Number(readFileSync(count, "utf8"));
    const after = await look(client);
    await counting.stop();
    assert.ok(total > 10, `only ${total} writes`);
    assert.notDeepEqual(after, before);

    const stride = Math.max(1, Math.floor(total / moments));
    const seen = { before: 0, after: 0 };
    for (let at = 1; at <= total; at += stride) {
      const data = join(temporaryFolder(t), "data");
      copyFolder(folder, data);
      const doomed = await new Server({ folder: data, env: environment({ TELAIO_TEST_KILL_AT: String(at) }) }).start();
      doomed.process.kill("SIGUSR1");
      const answer = await new Client(doomed.url, { token }).post(`${editor}/changes`, { operations }).catch(() => undefined);
      if (answer) await doomed.stop("SIGKILL");
      await doomed.exited;

      const again = await new Server({ folder: data }).start();
      const witness = new Client(again.url, { token });
      const now = await look(witness);
      const history = (await witness.get(`${editor}/changes`)).data.changes;
      await again.stop();
      const change = history.find((c) => c.operations.length === operations.length && c.operations[0].op === operations[0].op);
      const isAfter = JSON.stringify(now.tables) === JSON.stringify(after.tables);
      assert.deepEqual(now, isAfter ? after : before, `killed at ${at} of ${total}`);
      if (answer?.status === 201) assert.ok(isAfter, `answered, then killed at ${at}`);
      if (isAfter) assert.equal(change?.state, "done", `killed at ${at}: ${JSON.stringify(change)}`);
      else assert.ok([undefined, "failed"].includes(change?.state), `killed at ${at}: ${JSON.stringify(change)}`);
      seen[isAfter ? "after" : "before"]++;
      const doctor = run(["doctor", "--data", data, "--json"]);
      assert.equal(doctor.status, 0, `killed at ${at}: ${doctor.stdout} ${doctor.stderr}`);
    }
    assert.ok(seen.before > 0 && seen.after > 0, JSON.stringify(seen));
    t.diagnostic(`${total} writes and syncs, every ${stride}: ${JSON.stringify(seen)}`);
  });
}
