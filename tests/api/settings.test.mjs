// no setting without an effect that is tested, and an unknown one is an error. The table
// below must name every setting that the server has.
import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { Client, contacts, owner, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const tables = "/api/db-editor/tables";

const serve = async (t, env, args = []) => {
  const server = await new Server({ folder: temporaryFolder(t), env, args }).start();
  t.after(() => server.stop());
  return { server, anonymous: new Client(server.url) };
};

// The value of a setting as the server took it.
const printed = (env, args = []) => {
  const answer = run(["serve", "--print-settings", "--json", ...args], { env });
  assert.equal(answer.status, 0, answer.stderr);
  return Object.fromEntries(JSON.parse(answer.stdout).map((row) => [row.name, row]));
};

const threadsOf = (server) => readdirSync(`/proc/${server.process.pid}/task`).length;

const within = async (ms, what, probe) => {
  const end = Date.now() + ms;
  while (Date.now() < end) {
    if (await probe()) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  assert.fail(`not within ${ms} ms: ${what}`);
};

const open = (url) =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => done(socket));
    socket.on("error", fail);
  });

// Everything that a socket says until it is closed.
const closing = (socket) =>
  new Promise((done) => {
    let text = "";
    socket.on("data", (part) => (text += part.toString("latin1")));
    socket.on("close", () => done(text));
    socket.on("error", () => done(text));
  });

const json = { "content-type": "application/json" };

const effects = {
  data: async (t) => {
    const folder = join(temporaryFolder(t), "elsewhere");
    const server = await new Server({ folder }).start();
    await server.stop();
    assert.ok(statSync(folder).isDirectory());
    assert.equal(statSync(folder).mode & 0o077, 0, "nobody else looks in");
  },
  listen: async (t) => {
    const { server } = await serve(t, {});
    assert.match(server.url, /^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
    const taken = run(["serve", "--data", temporaryFolder(t), "--listen", new URL(server.url).host]);
    assert.equal(taken.status, 1, "a port that is taken");
    assert.equal(run(["serve", "--data", temporaryFolder(t), "--listen", "nonsense"]).status, 2);
  },
  store: async (t) => {
    const refused = (store, words) => {
      const answer = run(["user", "list", "--data", temporaryFolder(t), "--store", store]);
      assert.ok([1, 2].includes(answer.status), answer.stderr);
      assert.match(answer.stderr, words);
      assert.doesNotMatch(answer.stderr, /hunter/);
    };
    refused("oracle://user:hunter@host", /"store".*no scheme that is known/);
    refused("postgres://user:hunter/2@host", /"store".*port/);
    refused("postgres://user:hunter@host/db?schema=public", /"store".*schemas of its own/);
    refused("mongodb://user:hunter@host/db", /MongoDB cannot keep.*\n.*transactions/);
    refused("sqlite:/elsewhere", /"store".*data folder/);
    // nowhere is a password shown
    const secret = "postgres://user:hunter@127.0.0.1:1/db?connect-ms=60000";
    for (const shown of [printed({ TELAIO_STORE: secret }), printed({}, ["--store", secret])]) {
      assert.equal(shown.store.value, secret.replace("hunter", "***"));
    }
    const { server } = await serve(t, {}, ["--store", "sqlite:", `--frame-ancestors=${secret}`]);
    const words = readFileSync(`/proc/${server.process.pid}/cmdline`, "utf8");
    assert.match(words, /user:\*+@127/);
    assert.doesNotMatch(words, /hunter/);
  },
  threads: async (t) => {
    const { server: one } = await serve(t, { TELAIO_THREADS: "1" });
    const { server: four } = await serve(t, { TELAIO_THREADS: "4" });
    await within(10_000, "three threads more", () => threadsOf(four) - threadsOf(one) === 3);
  },
  workers: async (t) => {
    const count = async (workers) => {
      const { client, server } = await startWithOwner(t, { env: { TELAIO_WORKERS: workers, TELAIO_THREADS: "1" } });
      const wrong = { email: "nobody@example.com", password: "not this one" };
      await Promise.all(Array.from({ length: 12 }, () => client.post("/api/auth/login", wrong)));
      return threadsOf(server);
    };
    assert.ok((await count("6")) > (await count("1")));
  },
  "max-connections": async (t) => {
    const { server } = await serve(t, { TELAIO_MAX_CONNECTIONS: "3" });
    const kept = [];
    for (let i = 0; i < 3; i++) kept.push(await open(server.url));
    await within(5000, "the fourth is answered 503", async () => {
      const socket = await open(server.url);
      socket.write("GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
      return /^HTTP\/1\.1 503[^]*retry-after/i.test(await closing(socket));
    });
    for (const socket of kept) socket.destroy();
    await within(5000, "there is room again", async () => {
      const answer = await fetch(`${server.url}/healthz`).catch(() => ({ status: 0 }));
      return answer.status === 200;
    });
  },
  "max-header-bytes": async (t) => {
    const { server } = await serve(t, { TELAIO_MAX_HEADER_BYTES: "2048" });
    const status = async (n) => {
      const socket = await open(server.url);
      socket.write(`GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-A: ${"a".repeat(n)}\r\n\r\n`);
      return /^HTTP\/1\.1 (\d+)/.exec(await closing(socket))?.[1];
    };
    assert.equal(await status(1500), "200");
    assert.match((await status(3000)) ?? "431", /^(413|431)$/);
  },
  "max-body-bytes": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_MAX_BODY_BYTES: "1000" } });
    const body = (n) => `{"displayName":"${"x".repeat(n - 18)}"}`;
    assert.equal((await client.post(tables, body(1000), json)).status, 422);
    assert.equal((await client.post(tables, body(1001), json)).status, 413);
  },
  "max-upload-bytes": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_MAX_UPLOAD_BYTES: "1000" } });
    await client.post(tables, { displayName: "T", columns: [{ name: "a", type: "text" }] });
    const send = (n) =>
      client.post("/api/db-editor/import/custom_t", `a\n${"x".repeat(n - 3)}\n`, { "content-type": "text/csv" });
    assert.equal((await send(1000)).status, 200);
    assert.equal((await send(1001)).status, 413);
  },
  "max-json-depth": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_MAX_JSON_DEPTH: "5" } });
    await client.post(tables, { displayName: "T", columns: [{ name: "a", type: "json" }] });
    const send = (n) => client.post("/api/custom/t", `{"a":${"[".repeat(n)}${"]".repeat(n)}}`, json);
    assert.equal((await send(4)).status, 201);
    const deep = await send(5);
    assert.equal(deep.status, 422);
    assert.equal(deep.error.code, "too_deep");
  },
  "idle-seconds": async (t) => {
    const { server } = await serve(t, { TELAIO_IDLE_SECONDS: "1" });
    const started = Date.now();
    await closing(await open(server.url));
    assert.ok(Date.now() - started < 8000, "an idle connection is closed");
  },
  "stop-seconds": async (t) => {
    const { server } = await serve(t, { TELAIO_STOP_SECONDS: "1" });
    const socket = await open(server.url);
    socket.write("POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{");
    const ended = closing(socket);
    const started = Date.now();
    const { code } = await server.stop();
    assert.equal(code, 0);
    assert.ok(Date.now() - started < 8000, "an unfinished request does not hold the server up");
    await ended;
  },
  "log-level": async (t) => {
    const lines = async (level) => {
      const { server, anonymous } = await serve(t, { TELAIO_LOG_LEVEL: level });
      await anonymous.get("/api/db-editor/tables");
      await server.stop();
      return server.errors.split("\n").filter(Boolean).length;
    };
    assert.ok((await lines("debug")) > (await lines("error")));
    assert.equal(run(["serve", "--data", temporaryFolder(t), "--listen", "127.0.0.1:0", "--log-level", "loud"]).status, 2);
  },
  "base-path": async (t) => {
    const { server, anonymous } = await serve(t, { TELAIO_BASE_PATH: "/db/" });
    assert.equal((await anonymous.get("/db/healthz")).json?.status, "ok");
    assert.equal((await (await serve(t, {})).anonymous.get("/db/healthz")).json, undefined, "the studio's page");
    await server.setupToken();
    assert.match(server.output, /\/db\/setup\?token=/);
  },
  "frame-ancestors": async (t) => {
    const policy = async (env) => (await (await serve(t, env)).anonymous.get("/")).headers.get("content-security-policy");
    assert.match(await policy({}), /frame-ancestors 'none'/);
    assert.match(await policy({ TELAIO_FRAME_ANCESTORS: "https://intranet.example" }), /frame-ancestors https:\/\/intranet\.example/);
  },
  "session-hours": async (t) => {
    const { anonymous } = await startWithOwner(t, { env: { TELAIO_SESSION_HOURS: "2" } });
    const login = await anonymous.post("/api/auth/login", owner);
    const hours = (Date.parse(login.data.expiresAt) - Date.now()) / 3_600_000;
    assert.ok(hours > 1.9 && hours < 2.1, login.text);
  },
  "lockout-attempts": async (t) => {
    const { anonymous } = await startWithOwner(t, { env: { TELAIO_LOCKOUT_ATTEMPTS: "2" } });
    const wrong = { ...owner, password: "not this one" };
    assert.equal((await anonymous.post("/api/auth/login", wrong)).status, 401);
    assert.equal((await anonymous.post("/api/auth/login", wrong)).status, 401);
    const locked = await anonymous.post("/api/auth/login", owner);
    assert.equal(locked.status, 429, locked.text);
    assert.ok(Number(locked.headers.get("retry-after")) > 0);
  },
  "password-memory-kib": async (t) => {
    // the least of several: what else the machine does can only make a sign-in slower
    const least = async (kib) => {
      const { anonymous } = await startWithOwner(t, { env: { TELAIO_PASSWORD_MEMORY_KIB: kib } });
      const times = [];
      for (let i = 0; i < 5; i++) {
        const started = performance.now();
        assert.equal((await anonymous.post("/api/auth/login", owner)).status, 200);
        times.push(performance.now() - started);
      }
      return Math.min(...times);
    };
    assert.ok((await least("262144")) > (await least("64")), "more memory takes more time");
  },
  "group-commit": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_GROUP_COMMIT: "false" } });
    await client.post(tables, contacts);
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, i) => client.post("/api/custom/contacts", { email: `${i}@x.org` })),
    );
    assert.ok(answers.every((answer) => answer.status === 201));
    assert.equal(printed({ TELAIO_GROUP_COMMIT: "off" })["group-commit"].value, "off");
  },
  "open-files": async (t) => {
    const { client, server } = await startWithOwner(t, { env: { TELAIO_OPEN_FILES: "2", TELAIO_THREADS: "1" } });
    for (let i = 0; i < 8; i++) {
      assert.equal((await client.post("/api/tenants", { slug: `t${i}`, name: `t${i}` })).status, 201);
      const at = { "x-telaio-tenant": `t${i}` };
      assert.equal((await client.post(tables, contacts, at)).status, 201);
      assert.equal((await client.post("/api/custom/contacts", { email: "a@x.org" }, at)).status, 201);
    }
    for (let i = 0; i < 8; i++) {
      const rows = await client.get("/api/custom/contacts", { "x-telaio-tenant": `t${i}` });
      assert.equal(rows.data.rows.length, 1, rows.text);
    }
    const tenantsOpen = () => {
      const folder = `/proc/${server.process.pid}/fd`;
      const names = readdirSync(folder).flatMap((fd) => {
        try {
          return [readlinkSync(join(folder, fd))];
        } catch {
          return []; // closed since it was listed
        }
      });
      return new Set(names.filter((name) => /tenants\/t\d+\.db$/.test(name))).size;
    };
    await within(15_000, "few tenant files stay open", () => tenantsOpen() <= 3);
  },
  "cache-kib": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_CACHE_KIB: "16" } });
    await client.post(tables, { displayName: "T", columns: [{ name: "a", type: "text" }] });
    const many = Array.from({ length: 500 }, (_, i) => ({ a: `${i} ${"x".repeat(400)}` }));
    assert.equal((await client.post("/api/custom/t", many)).status, 201);
    assert.equal((await client.get("/api/custom/t?limit=1000&sort=a")).data.rows.length, 500);
    assert.equal(run(["serve", "--print-settings", "--cache-kib", "1"]).status, 2, "below its least");
  },
  "busy-ms": async (t) => {
    assert.equal(printed({ TELAIO_BUSY_MS: "7" })["busy-ms"].value, "7");
    assert.equal(run(["serve", "--print-settings", "--busy-ms", "-1"]).status, 2);
    const { client } = await startWithOwner(t, { env: { TELAIO_BUSY_MS: "50" } });
    assert.equal((await client.post(tables, contacts)).status, 201);
  },
  "trash-days": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_TRASH_DAYS: "3" } });
    await client.post(tables, contacts);
    const gone = await client.delete(`${tables}/custom_contacts`);
    const days = (Date.parse(gone.data.undoUntil) - Date.now()) / 86_400_000;
    assert.ok(days > 2.9 && days < 3.1, gone.text);
  },
  "job-rows": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_JOB_ROWS: "1" } });
    await client.post(tables, contacts);
    const drop = () => client.delete(`${tables}/custom_contacts/columns/name`);
    await client.post("/api/custom/contacts", [{ email: "a@x.org" }, { email: "b@x.org" }]);
    const job = await drop();
    assert.equal(job.status, 202, job.text);
    assert.match(job.headers.get("location"), /^\/api\/jobs\//);
    await within(20_000, "the job ends", async () => (await client.get(job.headers.get("location"))).data.state === "done");
    assert.ok(!("name" in (await client.get("/api/custom/contacts")).data.rows[0]));
  },
  "job-rows": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_JOB_ROWS: "0" } });
    await client.post(tables, contacts);
    await client.post("/api/custom/contacts", { email: "a@x.org" });
    const started = await client.delete(`${tables}/custom_contacts/columns/email`);
    assert.equal(started.status, 202, started.text);
    await within(10_000, "the job ends", async () => (await client.get(`/api/jobs/${started.data.job.id}`)).data.state === "done");
  },
  "source-hosts": async (t) => {
    const { client } = await startWithOwner(t, { env: { TELAIO_SOURCE_HOSTS: "10.0.0.0/8,*.example.org" } });
    const test = (host) => client.post("/api/db-editor/sources:test", { name: "x", address: `postgres://u@${host}/d?connect-ms=100` });
    const refused = await test("192.168.0.1");
    assert.equal(refused.data.error.code, "forbidden", refused.text);
    assert.match(refused.data.error.hint, /source-hosts/);
    assert.notEqual((await test("10.255.255.254")).data.error.code, "forbidden");
  },
  "source-folder": async (t) => {
    const files = temporaryFolder(t);
    const { client } = await startWithOwner(t, { env: { TELAIO_SOURCE_FOLDER: files } });
    writeFileSync(join(files, "empty.db"), "");
    const inside = await client.post("/api/db-editor/sources", { name: "a", kind: "sqlite", path: "empty.db" });
    assert.equal(inside.status, 201, inside.text);
    const outside = await client.post("/api/db-editor/sources", { name: "b", kind: "sqlite", path: "/etc/passwd" });
    assert.equal(outside.status, 403, outside.text);
  },
  vfs: (t) => {
    const answer = run(["doctor", "--data", temporaryFolder(t), "--vfs", "no-such-vfs"]);
    assert.notEqual(answer.status, 0, "a VFS that is not there");
  },
};

test("every setting has its effect tested here", () => {
  assert.deepEqual(Object.keys(printed({})).sort(), Object.keys(effects).sort());
});

test("unknown settings and values that cannot be are errors, from everywhere", (t) => {
  const file = join(temporaryFolder(t), "settings.json");
  const refused = (text) => {
    writeFileSync(file, text);
    return run(["serve", "--print-settings", "--config", file]).status;
  };
  assert.equal(refused('{"threads": 2}'), 0);
  for (const text of ['{"thread": 2}', '{"threads": "many"}', '{"threads": -1}', '{"threads": [1]}', "[]", "{", ""]) {
    assert.equal(refused(text), 2, text);
  }
  assert.equal(run(["serve", "--print-settings", "--thread", "2"]).status, 2);
  assert.equal(run(["serve", "--print-settings"], { env: { TELAIO_THREAD: "2" } }).status, 2);
  assert.ok(!existsSync("telaio-data"), "nothing was made on the way");
});

for (const [name, effect] of Object.entries(effects)) {
  test(`setting ${name}`, async (t) => effect(t));
}
