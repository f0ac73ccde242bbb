// The store on a server of databases: several servers on one store, and a database server that is
// killed under load. TELAIO_TEST_POSTGRES and TELAIO_TEST_MARIADB name the servers; without one of
// them the tests of its engine fail (tests/support/servers starts them).
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { askServer, Client, owner, repository, run, Server, startWithOwner, storeOf, temporaryFolder } from "../support/telaio.mjs";

const tables = "/api/db-editor/tables";
const lease = 1500; // ms until MariaDB's other servers know of a change of structure

const engines = {
  PostgreSQL: { variable: "TELAIO_TEST_POSTGRES", name: "postgresql", wait: 0 },
  MariaDB: { variable: "TELAIO_TEST_MARIADB", name: "mariadb", wait: lease },
};

const addressOf = ({ variable }) => {
  const address = process.env[variable];
  assert.ok(address, `${variable} is not set: see tests/support/servers`);
  return address;
};

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// The same request again until its answer is the one, for as long as others may not know yet; a
// question that was asked in that time may be answered from what was known before.
const within = async (ms, status, ask, isTheOne = () => true) => {
  const end = Date.now() + ms;
  for (;;) {
    const isLast = Date.now() > end;
    const answer = await ask();
    if ((answer.status === status && isTheOne(answer.data)) || isLast) return answer;
    await pause(50);
  }
};

const table = (name) => ({ displayName: name, columns: [{ name: "word", type: "text" }] });

for (const [label, engine] of Object.entries(engines)) {
  // Two servers, each with a data folder of its own, on the store of the first one's folder.
  const startTwo = async (t) => {
    const address = addressOf(engine);
    const folder = temporaryFolder(t, address);
    const args = ["--store", storeOf(folder, address)];
    const { server, client } = await startWithOwner(t, { folder, args });
    const second = await new Server({ folder: temporaryFolder(t, ""), args }).start();
    t.after(() => second.stop());
    return { address, folder, args, server, second, one: client, two: new Client(second.url, { token: client.token }) };
  };

  test(`${label}: two servers on one store know the same tables, people and tokens`, async (t) => {
    const { server, second, one, two } = await startTwo(t);
    assert.doesNotMatch(second.output, /set up at/, "there is an owner already");
    for (let i = 0; i < 5; i++) {
      const made = await one.post(tables, table(`Things ${i}`));
      assert.equal(made.status, 201, made.text);
      const path = `${made.data.apiPath}`;
      const row = await within(engine.wait, 201, () => two.post(path, { word: "first" }));
      assert.equal(row.status, 201, row.text);
      const read = await one.get(`${path}/${row.data.id}`);
      assert.equal(read.data.word, "first", read.text);

      const name = made.data.tableName;
      const added = await two.post(`${tables}/${name}/columns`, { name: "more", type: "text" });
      assert.equal(added.status, 201, added.text);
      const filled = await within(engine.wait, 201, () => one.post(path, { word: "second", more: "x" }));
      assert.equal(filled.status, 201, filled.text);

      const dropped = await one.delete(`${tables}/${name}`);
      assert.equal(dropped.status, 200, dropped.text);
      const gone = await within(engine.wait, 404, () => two.get(path));
      assert.equal(gone.status, 404, gone.text);
      const back = await two.post(`/api/db-editor/changes/${dropped.data.changeId}:undo`);
      assert.equal(back.status, 201, back.text);
      const again = await within(engine.wait, 200, () => one.get(path));
      assert.equal(again.data?.rows?.length, 2, again.text);
    }

    const person = { email: "ann@example.com", password: "another good passphrase" };
    const added = await one.post("/api/users", { ...person, role: "TENANT_ADMIN" });
    assert.equal(added.status, 201, added.text);
    const login = await new Client(two.url).post("/api/auth/login", person);
    assert.equal(login.status, 200, login.text);
    const ann = { here: new Client(one.url, { token: login.data.token }), there: new Client(two.url, { token: login.data.token }) };
    assert.equal((await ann.here.get(tables)).status, 200);
    assert.equal((await ann.there.get(tables)).status, 200);
    await one.patch(`/api/users/${login.data.user.id}`, { isActive: false });
    assert.equal((await within(1000, 401, () => ann.there.get(tables))).status, 401, "disabled everywhere");

    const tenant = await two.post("/api/tenants", { slug: "shop" });
    assert.equal(tenant.status, 201, tenant.text);
    const shop = new Client(server.url, { token: one.token, tenant: "shop" });
    assert.equal((await shop.post(tables, table("Things 0"))).status, 201, "its own table of the same name");
  });

  test(`${label}: wrong passwords are counted over all servers`, async (t) => {
    const { one, two } = await startTwo(t);
    const wrong = { email: owner.email, password: "wrong wrong wrong" };
    for (let i = 0; i < 5; i++) {
      const answer = await new Client(i % 2 ? one.url : two.url).post("/api/auth/login", wrong);
      assert.equal(answer.status, 401, answer.text);
    }
    for (const url of [one.url, two.url]) {
      assert.equal((await new Client(url).post("/api/auth/login", wrong)).status, 429);
    }
  });

  test(`${label}: both servers change tables at once, and nothing of it is lost`, async (t) => {
    const { address, args, one, two } = await startTwo(t);
    const made = await Promise.all([0, 1, 2, 3].flatMap((i) =>
      [one, two].map((c, k) => c.post(tables, table(`T ${i} ${k}`)))));
    assert.deepEqual(made.map((answer) => answer.status), made.map(() => 201), made.map((a) => a.text).join("\n"));
    for (const client of [one, two]) {
      const list = await within(engine.wait, 200, () => client.get(tables), (data) => data.tables.length === made.length);
      assert.equal(list.data.tables.length, made.length);
    }
    const changes = await one.get("/api/db-editor/changes");
    assert.ok(changes.data.changes.every((change) => change.state === "done"), changes.text);

    // as a server that died behind the last step leaves it: the next one to start tells so, and
    // writes what the registry lacks
    const { id, tables: [name] } = changes.data.changes[0];
    const store = `${/prefix=(\w+)/.exec(args[1])[1]}store`;
    const journal = engine.name === "postgresql" ? `${store}."change"` : `${store}.\`change\``;
    askServer(address, `UPDATE ${journal} SET state = 'running', finished_at = NULL WHERE id = '${id}';
      DELETE FROM ${store}.custom_tables_registry WHERE table_name = '${name}'`);
    const third = await new Server({ folder: temporaryFolder(t, ""), args }).start();
    t.after(() => third.stop());
    const settled = await one.get(`/api/db-editor/changes/${id}`);
    assert.equal(settled.data.state, "done", settled.text);
    const listed = await new Client(third.url, { token: one.token }).get(tables);
    assert.ok(listed.data.tables.some((one) => one.tableName === name && one.displayName.startsWith("T ")), listed.text);
  });

  test(`${label}: commands work beside the servers, and system migrations only without them`, async (t) => {
    const { folder, args, server, second, two } = await startTwo(t);
    const here = ["--data", folder, ...args];
    const added = run(["user", "add", "--email", "bob@example.com", "--role", "TENANT_ADMIN", "--tenant", "main", "--password-stdin", ...here],
      { input: "a third good passphrase\n" });
    assert.equal(added.status, 0, added.stderr);
    const login = await new Client(two.url).post("/api/auth/login", { email: "bob@example.com", password: "a third good passphrase" });
    assert.equal(login.status, 200, login.text);
    const refused = run(["migrate", "down", "--system", "--to", "0", ...here]);
    assert.equal(refused.status, 1, refused.stderr);
    assert.match(refused.stderr, /works on this installation/);
    await server.stop();
    await second.stop();
    for (const [word, key, n] of [["down", "takenBack", 21], ["up", "applied", 21]]) {
      const moved = run(["migrate", word, "--system", "--json", ...(word === "down" ? ["--to", "0"] : []), ...here]);
      assert.equal(moved.status, 0, moved.stderr);
      assert.equal(JSON.parse(moved.stdout)[key], n);
    }
    await server.start();
    assert.equal((await new Client(server.url).post("/api/auth/login", owner)).status, 200);
  });

  // ---- the database server dies ------------------------------------------------------------------

  const servers = (word, folder) => {
    const environment = { ...process.env };
    delete environment[engine.variable];
    const done = spawnSync(join(repository, "tests/support/servers"), [word, folder, ...(word === "start" ? [engine.name] : [])],
      { env: environment, encoding: "utf8", timeout: 120_000 });
    assert.equal(done.status, 0, done.stderr);
    return done.stdout;
  };

  const killDatabase = (folder) => {
    const file = join(folder, engine.name === "postgresql" ? "pg/data/postmaster.pid" : "my/pid");
    const pid = Number(readFileSync(file, "utf8").split("\n")[0]);
    process.kill(pid, engine.name === "postgresql" ? "SIGQUIT" : "SIGKILL");
    return (async () => {
      while (existsSync(`/proc/${pid}`)) await pause(20);
    })();
  };

  // What is answered is on the disk: the private servers are not that careful by themselves.
  const beDurable = (address) =>
    askServer(address, engine.name === "postgresql" ? "ALTER ROLE app SET synchronous_commit = on" : "SET GLOBAL innodb_flush_log_at_trx_commit = 1");

  const connectionsOf = (address) =>
    Number(askServer(address, engine.name === "postgresql"
      ? "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'telaio'"
      : "SELECT count(*) FROM information_schema.processlist WHERE user = 'root' AND id <> connection_id()")[0]);

  test(`${label}: a database server that is killed under load comes back, and no answer was wrong`, async (t) => {
    const place = mkdtempSync("/tmp/telaio-db-"); // short: sockets have short paths
    t.after(() => {
      servers("stop", place);
      rmSync(place, { recursive: true, force: true });
    });
    servers("start", place);
    const address = new RegExp(`${engine.variable}=(\\S+)`).exec(servers("env", place))[1].replaceAll(/['"\\]/g, "");
    beDurable(address);
    const store = `${address}&connections=8&connect-ms=2000`;
    const { client } = await startWithOwner(t, { folder: temporaryFolder(t, ""), args: ["--store", store] });
    const made = await client.post(tables, { displayName: "Load", columns: [{ name: "n", type: "number", kind: "integer", unique: true }] });
    assert.equal(made.status, 201, made.text);

    const written = [], lost = [], wrong = [];
    let next = 0, isOver = false, answered = 0, failures = 0;
    const work = async () => {
      while (!isOver) {
        const n = next++;
        const isRead = n % 3 === 0;
        const answer = isRead ? await client.get(`${made.data.apiPath}?limit=5`) : await client.post(made.data.apiPath, { n });
        answered++;
        if (answer.status === 503 && answer.headers.get("retry-after")) {
          failures++;
          if (!isRead) lost.push(n);
        } else if (answer.status !== (isRead ? 200 : 201)) {
          wrong.push(`${answer.status} ${answer.text}`);
        } else if (!isRead) {
          written.push(n);
        }
      }
    };
    const workers = Array.from({ length: 12 }, work);
    await pause(1000);
    await killDatabase(place);
    await pause(1000);
    const before = { written: written.length, failures };
    assert.ok(before.written > 0 && before.failures > 0, `${answered} answers, ${failures} failures`);
    servers("start", place);
    const end = Date.now() + 20_000;
    while (written.length < before.written + 50 && Date.now() < end) await pause(50);
    isOver = true;
    await Promise.all(workers);
    assert.deepEqual(wrong, []);
    assert.ok(written.length >= before.written + 50, "it recovered by itself");

    const there = [];
    for (let cursor = ""; cursor !== undefined;) {
      const page = await client.get(`${made.data.apiPath}?limit=1000&count=none&sort=n&order=asc${cursor && `&cursor=${cursor}`}`);
      assert.equal(page.status, 200, page.text);
      there.push(...page.data.rows.map((row) => row.n));
      cursor = page.meta?.nextCursor;
    }
    const seen = new Set(there);
    assert.equal(seen.size, there.length, "no row twice");
    assert.deepEqual(written.filter((n) => !seen.has(n)), [], "what was answered is there");
    const known = new Set([...written, ...lost]);
    assert.deepEqual(there.filter((n) => !known.has(n)), [], "and nothing else");
    assert.ok(connectionsOf(address) <= 8 + 3, `${connectionsOf(address)} connections`);
  });
}
