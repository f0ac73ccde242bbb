// kill -9 in the middle of a schema change whose store and tenant are in one PostgreSQL database:
// once Telaio, once the database server, in front of the n-th question of the one to the other.
// Structure, registry, audit and journal entry are one transaction there: they agree at any moment,
// also before anything is repaired, and a reader never sees the one without the other.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { changes, editor, fill, isOf, look, moments, shim, shimEnvironment } from "../support/kills.mjs";
import { askServer, Client, copyFolder, repository, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const servers = (...args) => {
  const { TELAIO_TEST_POSTGRES, ...environment } = process.env;
  const done = spawnSync(join(repository, "tests/support/servers"), args, { env: environment, encoding: "utf8" });
  assert.equal(done.status, 0, done.stderr);
};

// A server of databases of our own: it is killed. What it says is durable is.
const startPostgres = (t) => {
  const folder = mkdtempSync(join(tmpdir(), "tpg-"));
  chmodSync(folder, 0o711);
  servers("start", join(folder, "s"), "postgresql");
  t.after(() => {
    servers("stop", join(folder, "s"));
    spawnSync("rm", ["-rf", folder]);
  });
  const socket = join(folder, "s/pg");
  const address = (database) => `postgres://app@/${database}?socket=${socket}`;
  askServer(address("postgres"), "ALTER ROLE app SET synchronous_commit = on");
  return { socket, address };
};

const environmentOf = (postgres, database, more) => ({ TELAIO_STORE: `${postgres.address(database)}&prefix=k_`, ...more });

// What the catalogue and the registry do not both say, and changes that are done without an entry of
// the audit: one question, so one snapshot.
const disagreements = `
  WITH live AS (
    SELECT c.relname::text AS name, a.attname::text AS attribute
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid
    WHERE n.nspname = 'k_tenant_main' AND c.relkind = 'r' AND c.relname LIKE 'custom\\_%' AND a.attnum > 0 AND NOT a.attisdropped
  ), known AS (
    SELECT r.table_name::text, c ->> 'name'
    FROM k_store.custom_tables_registry r, jsonb_array_elements(r.schema_config::jsonb -> 'columns') c
  ), happened AS (
    SELECT id::text FROM k_store.change WHERE state IN ('done', 'undone') AND kind IN ('change', 'undo')
  ), told AS (
    SELECT change_id::text FROM k_store.audit_log
  )
  (SELECT 'not in the registry', * FROM (TABLE live EXCEPT TABLE known) a)
  UNION ALL (SELECT 'in the registry only', * FROM (TABLE known EXCEPT TABLE live) b)
  UNION ALL (SELECT 'not in the audit', id, '' FROM (TABLE happened EXCEPT TABLE told) c)`;

// A database "base" with a table of 200 rows, and a data folder whose owner's token stays good.
const prepare = async (t) => {
  const postgres = startPostgres(t);
  askServer(postgres.address("postgres"), "CREATE DATABASE base");
  const folder = temporaryFolder(t, "");
  const { client, server } = await startWithOwner(t, { folder, env: environmentOf(postgres, "base") });
  await fill(client);
  const before = await look(client);
  await server.stop();
  return { postgres, folder, before, token: client.token };
};

// A copy of both under @name, for one moment.
const copyOf = (t, { postgres, folder }, name) => {
  const data = join(temporaryFolder(t, ""), "data");
  copyFolder(folder, data);
  askServer(postgres.address("postgres"), `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
  askServer(postgres.address("postgres"), `CREATE DATABASE ${name} TEMPLATE base`);
  return data;
};

// The database server has come back by itself from the loss of one of its processes.
const awaitPostgres = async ({ address }) => {
  for (let i = 0; ; i++) {
    try {
      return askServer(address("postgres"), "SELECT 1");
    } catch (error) {
      if (i === 100) throw error;
      await new Promise((done) => setTimeout(done, 100));
    }
  }
};

const victims = {
  telaio: { few: 10, pid: () => ({}) },
  // a lost process of the server is the loss of all: none can know what it did to the shared memory
  postgresql: {
    few: 6,
    pid: ({ address }) => ({ TELAIO_TEST_KILL_PID: askServer(address("postgres"), "SELECT pid FROM pg_stat_activity WHERE backend_type = 'walwriter'")[0] }),
  },
};

// One run that is only counted, and what is there after it.
const rehearse = async (t, place, library, operations) => {
  const count = join(temporaryFolder(t, ""), "count");
  const folder = copyOf(t, place, "rehearsal");
  const env = environmentOf(place.postgres, "rehearsal", shimEnvironment(library, { TELAIO_TEST_KILL_SENDS: "1", TELAIO_TEST_KILL_COUNT: count }));
  const server = await new Server({ folder, env }).start();
  const client = new Client(server.url, { token: place.token });
  server.process.kill("SIGUSR1");
  const done = await client.post(`${editor}/changes`, { operations });
  assert.equal(done.status, 201, done.text);
  const total = Number(readFileSync(count, "utf8"));
  const after = await look(client);
  await server.stop();
  assert.ok(total > 20, `only ${total} questions`);
  assert.notDeepEqual(after, place.before);
  return { after, total };
};

// So many over the whole change, and each around its end: there is the commit. Not every run asks
// equally often.
const momentsOf = (total, most) => {
  const stride = Math.max(1, Math.floor(total / most));
  return Array.from({ length: total + 3 }, (_, i) => i + 1).filter((at) => at % stride === 0 || at > total - 5);
};

for (const [victim, { few, pid }] of Object.entries(victims)) {
  for (const { what, operations } of changes) {
    test(`${victim} killed at any moment of ${what}, registry and structure agree`, { timeout: 1_800_000 }, async (t) => {
      const library = shim(t);
      const place = await prepare(t);
      const { postgres, before, token } = place;
      const { after, total } = await rehearse(t, place, library, operations);
      const seen = { before: 0, after: 0, unfinished: 0 };
      for (const at of momentsOf(total, moments(few))) {
        const when = `killed at ${at} of ${total}`;
        const folder = copyOf(t, place, "moment");
        const shot = { TELAIO_TEST_KILL_SENDS: "1", TELAIO_TEST_KILL_AT: String(at), ...pid(postgres) };
        const doomed = await new Server({ folder, env: environmentOf(postgres, "moment", shimEnvironment(library, shot)) }).start();
        doomed.process.kill("SIGUSR1");
        const answer = await new Client(doomed.url, { token }).post(`${editor}/changes`, { operations }).catch(() => undefined);
        if (answer) await doomed.stop("SIGKILL");
        await doomed.exited;
        await awaitPostgres(postgres);

        // nothing is repaired yet
        assert.deepEqual(askServer(postgres.address("moment"), disagreements), [], when);
        const [state] = askServer(postgres.address("moment"), "SELECT state FROM k_store.change WHERE kind = 'change' ORDER BY id DESC LIMIT 1");
        // who survives the database may have come to say so itself
        if (state === "running" || (victim === "postgresql" && state === "failed")) seen.unfinished++;

        const env = environmentOf(postgres, "moment");
        const again = await new Server({ folder, env }).start();
        const witness = new Client(again.url, { token });
        const now = await look(witness);
        const change = (await witness.get(`${editor}/changes`)).data.changes.find((c) => isOf(c, operations));
        await again.stop();
        const isAfter = JSON.stringify(now.tables) === JSON.stringify(after.tables);
        assert.deepEqual(now, isAfter ? after : before, when);
        if (answer?.status === 201) assert.ok(isAfter, `answered, then ${when}`);
        if (isAfter) assert.equal(change?.state, "done", `${when}: ${JSON.stringify(change)}`);
        else assert.ok([undefined, "failed"].includes(change?.state), `${when}: ${JSON.stringify(change)}`);
        if (state === "running") assert.ok(!isAfter, `${when}: there, and the journal did not say so`);
        seen[isAfter ? "after" : "before"]++;
        assert.deepEqual(askServer(postgres.address("moment"), disagreements), [], when);
        const doctor = run(["doctor", "--data", folder, "--json"], { env });
        assert.equal(doctor.status, 0, `${when}: ${doctor.stdout} ${doctor.stderr}`);
      }
      assert.ok(seen.before > 0 && seen.after > 0 && seen.unfinished > 0, JSON.stringify(seen));
      t.diagnostic(`${total} questions: ${JSON.stringify(seen)}`);
    });
  }
}

// Asks again and again, each time in a snapshot of its own, until there is a row in "stop"; tells
// how many states of the registry it saw.
const watch = `
  DO $$
  DECLARE found record; shown text; last text := ''; states int := 0; looks int := 0;
  BEGIN
    LOOP
      FOR found IN ${disagreements} LOOP
        RAISE EXCEPTION 'after % looks: %', looks, found;
      END LOOP;
      SELECT md5(string_agg(schema_config::text, '' ORDER BY table_name)) INTO shown FROM k_store.custom_tables_registry;
      states := states + (shown IS DISTINCT FROM last)::int;
      last := shown;
      looks := looks + 1;
      EXIT WHEN EXISTS (SELECT FROM public.stop);
    END LOOP;
    RAISE NOTICE 'states: %, looks: %', states, looks;
  END $$`;

test("a reader beside many changes never sees structure without registry", { timeout: 600_000 }, async (t) => {
  const postgres = startPostgres(t);
  const { client } = await startWithOwner(t, { folder: temporaryFolder(t, ""), env: environmentOf(postgres, "postgres") });
  await fill(client);
  askServer(postgres.address("postgres"), "CREATE TABLE public.stop (at int)");
  const reader = spawn("psql", ["-Xq", "-v", "ON_ERROR_STOP=1", "-h", postgres.socket, "-U", "app", "-d", "postgres", "-c", watch]);
  let said = "";
  reader.stderr.on("data", (bytes) => (said += bytes));
  const over = new Promise((done) => reader.on("close", done));
  const change = async (operations) => {
    const done = await client.post(`${editor}/changes`, { operations, confirm: ["all"] });
    assert.equal(done.status, 201, done.text);
    return done.data;
  };
  for (let i = 0; i < 12; i++) {
    const table = `custom_t${i}`;
    await change([{ op: "CREATE_COLUMN", table: "custom_contacts", column: { name: `extra${i}`, type: "text" } }]);
    await change([{ op: "CREATE_TABLE", table: { tableName: `t${i}`, displayName: `T${i}`, columns: [{ name: "a", type: "text" }] } }]);
    await change([{ op: "RENAME_COLUMN", table, column: "a", newName: "b" }, { op: "RENAME_TABLE", table, newName: `custom_u${i}` }]);
    await change([{ op: "DROP_COLUMN", table: "custom_contacts", column: `extra${i}` }, { op: "DROP_TABLE", table: `custom_u${i}` }]);
  }
  askServer(postgres.address("postgres"), "INSERT INTO public.stop VALUES (1)");
  assert.equal(await over, 0, said);
  const [, states, looks] = /states: (\d+), looks: (\d+)/.exec(said) ?? [];
  t.diagnostic(`${looks} looks, ${states} states of the registry`);
  assert.ok(Number(states) > 12, said);
});
