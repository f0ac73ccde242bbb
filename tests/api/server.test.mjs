// What the server promises around the routes: answers, repetition, limits, signals, bad clients.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { addUser, Client, contacts, owner, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

// Waits until @look gives something true; a bounded poll of what another process does.
const until = async (look, what, ms = 10_000) => {
  const end = Date.now() + ms;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > end) throw new Error(`never: ${what}`);
    await new Promise((done) => setTimeout(done, 20));
  }
};

test("a write sent twice with its Idempotency-Key happens once", async (t) => {
  const { client } = await startWithOwner(t);
  const headers = { "idempotency-key": "make-alpha" };
  const first = await client.post("/api/tenants", { slug: "alpha" }, headers);
  assert.equal(first.status, 201, first.text);
  const second = await client.post("/api/tenants", { slug: "alpha" }, headers);
  assert.equal(second.status, 201, second.text);
  assert.equal(second.text, first.text);
  assert.equal(second.headers.get("location"), first.headers.get("location"));
  assert.equal(second.headers.get("idempotency-replayed"), "true");
  const other = await client.post("/api/tenants", { slug: "beta" }, headers);
  assert.equal(other.status, 422);
  assert.equal(other.error.code, "idempotency_mismatch");
  // a failure leaves the key free
  const wrong = await client.post("/api/tenants", { slug: "A B" }, { "idempotency-key": "k2" });
  assert.equal(wrong.status, 422);
  assert.equal((await client.post("/api/tenants", { slug: "ab" }, { "idempotency-key": "k2" })).status, 201);
  assert.equal((await client.post("/api/tenants", { slug: "x" }, { "idempotency-key": "k".repeat(256) })).status, 400);
  // keys are one's own
  const admin = await addUser(client, { email: "p@example.com", role: "PLATFORM_ADMIN" });
  assert.equal((await admin.post("/api/tenants", { slug: "gamma" }, headers)).status, 201);
});

test("twenty at once with one key make one thing", async (t) => {
  const { client } = await startWithOwner(t);
  const all = await Promise.all(
    Array.from({ length: 20 }, () => client.post("/api/tokens", { name: "one" }, { "idempotency-key": "same" })),
  );
  for (const answer of all) assert.ok([201, 409].includes(answer.status), answer.text);
  const list = await client.get("/api/tokens");
  assert.equal(list.data.tokens.filter((token) => token.name === "one").length, 1);
});

test("errors have one shape, and RFC 9457 where it is asked for", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const plain = await client.get("/api/users/none");
  assert.equal(plain.status, 405); // the path is there for PATCH
  assert.match(plain.headers.get("allow"), /PATCH/);
  const missing = await client.get("/api/nothing", { accept: "text/html, application/problem+json;q=0.9" });
  assert.equal(missing.status, 404);
  assert.match(missing.headers.get("content-type"), /^application\/problem\+json/);
  assert.deepEqual(Object.keys(missing.json).sort(), ["code", "detail", "instance", "requestId", "status", "title", "type"]);
  assert.equal(missing.json.code, "not_found");
  const envelope = await anonymous.get("/api/auth/me", { "x-request-id": "my-id" });
  assert.equal(envelope.json.success, false);
  assert.equal(envelope.error.requestId, "my-id");
  assert.equal(envelope.headers.get("x-request-id"), "my-id");
  assert.equal(envelope.headers.get("cache-control"), "no-store");
  assert.equal(envelope.headers.get("x-content-type-options"), "nosniff");
  const odd = await anonymous.get("/healthz", { "x-request-id": "a b<c>" });
  assert.notEqual(odd.headers.get("x-request-id"), "a b<c>");
});

test("HEAD answers as GET without the body", async (t) => {
  const { client } = await startWithOwner(t);
  const get = await client.get("/api/auth/me");
  const head = await client.request("HEAD", "/api/auth/me");
  assert.equal(head.status, 200);
  assert.equal(head.text, "");
  assert.equal(head.headers.get("content-length"), String(Buffer.byteLength(get.text)));
  assert.equal((await client.request("HEAD", "/api/nothing")).status, 404);
});

test("pages of the studio are served for every path that is no API's", async (t) => {
  const { anonymous } = await startWithOwner(t);
  for (const path of ["/", "/tables", "/tables/custom_contacts/data", "/sign-in?x=1", "/setup?token=abc"]) {
    const page = await anonymous.get(path);
    assert.equal(page.status, 200, path);
    assert.match(page.headers.get("content-type"), /^text\/html/, path);
    const policy = page.headers.get("content-security-policy");
    assert.ok(!policy.includes("unsafe"), policy);
    assert.match(policy, /default-src 'none'/);
    assert.match(policy, /frame-ancestors 'none'/);
  }
  for (const path of ["/api", "/api/x", "/rest/v1/x", "/mcp", "/assets/none-12345678.js"]) {
    const answer = await anonymous.get(path);
    assert.equal(answer.status, 404, path);
    assert.equal(answer.error.code, "not_found", path);
  }
  assert.equal((await anonymous.post("/tables", {})).status, 404);
  assert.equal((await anonymous.get("/%zz")).status, 400);
});

test("the base path goes before the studio's addresses and works for the API", async (t) => {
  const server = await new Server({ folder: temporaryFolder(t), args: ["--base-path", "/db"] }).start();
  t.after(() => server.stop());
  const anonymous = new Client(server.url);
  const token = await server.setupToken();
  assert.match(server.output, /\/db\/setup\?token=/);
  const made = await anonymous.post("/db/api/auth/setup", { token, ...owner });
  assert.equal(made.status, 200);
  assert.match(made.headers.get("set-cookie"), /; Path=\/db\/;/);
  const client = new Client(server.url, { token: made.data.token });
  const tenant = await client.post("/db/api/tenants", { slug: "alpha" });
  assert.equal(tenant.headers.get("location"), "/db/api/tenants/alpha");
  assert.equal((await anonymous.get("/db/healthz")).status, 200);
  assert.equal((await anonymous.get("/healthz")).status, 200, "probes need no prefix");
  const page = await anonymous.get("/db/tables");
  assert.equal(page.status, 200);
  if (page.text.includes("telaio-base")) {
    assert.match(page.text, /<meta name="telaio-base" content="\/db\/"/);
    assert.doesNotMatch(page.text, /(src|href)="\/(?!db\/)/);
  }
  assert.equal((await anonymous.get("/dbx/healthz")).status, 200, "a page of the studio");
});

test("cookies are for this site's own requests alone", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const login = await anonymous.post("/api/auth/login", owner, { "x-forwarded-proto": "https" });
  const cookie = login.headers.get("set-cookie");
  assert.match(cookie, /^telaio_session=[\w-]+; Path=\/; HttpOnly; SameSite=Strict; Max-Age=\d+; Secure$/);
  const plain = (await anonymous.post("/api/auth/login", owner)).headers.get("set-cookie");
  assert.doesNotMatch(plain, /Secure/);
  const mine = plain.split(";")[0];
  const me = await anonymous.get("/api/auth/me", { cookie: `a=b; ${mine}; c=d` });
  assert.equal(me.status, 200);
  const out = await anonymous.post("/api/auth/logout", undefined, { cookie: mine, "x-telaio-csrf": me.data.csrf });
  assert.equal(out.status, 200, out.text);
  assert.match(out.headers.get("set-cookie"), /Max-Age=0/);
  assert.equal((await anonymous.get("/api/auth/me", { cookie: mine })).status, 401);
});

test("a password is changed by who knows the old one; other sessions end", async (t) => {
  const { client, anonymous } = await startWithOwner(t);
  const second = (await anonymous.post("/api/auth/login", owner)).data.token;
  const fresh = "another long passphrase";
  const wrong = await client.post("/api/auth/password", { oldPassword: "not it", password: fresh });
  assert.equal(wrong.status, 401);
  const weak = await client.post("/api/auth/password", { oldPassword: owner.password, password: "short" });
  assert.equal(weak.status, 422);
  assert.equal(weak.error.where, "/password");
  assert.equal((await client.post("/api/auth/password", { oldPassword: owner.password, password: fresh })).status, 200);
  assert.equal((await client.get("/api/auth/me")).status, 200);
  assert.equal((await new Client(client.url, { token: second }).get("/api/auth/me")).status, 401);
  assert.equal((await anonymous.post("/api/auth/login", owner)).status, 401);
  assert.equal((await anonymous.post("/api/auth/login", { ...owner, password: fresh })).status, 200);
});

test("SIGHUP reads the settings again; SIGTERM ends with 0", async (t) => {
  const folder = temporaryFolder(t);
  const config = join(folder, "settings.json");
  writeFileSync(config, JSON.stringify({ "log-level": "info" }));
  const { server, client } = await startWithOwner(t, { folder: join(folder, "data"), args: ["--config", config] });
  await client.get("/api/auth/me");
  assert.doesNotMatch(server.errors, /"path":"\/api\/auth\/me"/, "reads are told at debug only");
  writeFileSync(config, JSON.stringify({ "log-level": "debug", threads: 3 }));
  server.process.kill("SIGHUP");
  await until(() => /"event":"reload".*"log-level":"debug"/.test(server.errors), "the reload in the log");
  assert.match(server.errors, /"setting":"threads".*next start/);
  await client.get("/api/auth/me");
  await until(() => /"path":"\/api\/auth\/me"/.test(server.errors), "the request in the log");
  writeFileSync(config, "{ not json");
  server.process.kill("SIGHUP");
  await until(() => /"level":"error","event":"reload"/.test(server.errors), "the refusal in the log");
  assert.equal((await client.get("/api/auth/me")).status, 200, "everything stays as it was");
  const { code, signal } = await server.stop("SIGTERM");
  assert.equal(signal, null);
  assert.equal(code, 0, server.errors);
});

test("what was signed in stays so over a restart, and there is one set-up", async (t) => {
  const folder = temporaryFolder(t);
  const first = await startWithOwner(t, { folder });
  assert.equal((await first.server.stop()).code, 0, first.server.errors);
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  const client = new Client(server.url, { token: first.client.token });
  assert.equal((await client.get("/api/auth/me")).status, 200);
  assert.equal((await client.post("/api/tenants", { slug: "later" })).status, 201);
  assert.doesNotMatch(server.output, /setup\?token/);
});

// ---- bodies and bad clients -----------------------------------------------------------------

// The whole answer to raw bytes.
const raw = (url, bytes, ms = 5000) =>
  new Promise((done) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = "";
    socket.setTimeout(ms, () => socket.destroy());
    socket.on("data", (part) => (answer += part.toString("latin1")));
    socket.on("close", () => done(answer));
    socket.on("error", () => {});
  });

const peakKiB = (server) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${server.process.pid}/status`, "utf8"))[1]);

// @bytes bytes of JSON text that never end, streamed; gives the status or how the connection ended.
const stream = (client, path, bytes, headers) =>
  new Promise((done) => {
    const { hostname, port } = new URL(client.url);
    const out = request({ hostname, port, path, method: "POST", headers: { authorization: `Bearer ${client.token}`, ...headers } });
    const block = Buffer.alloc(1 << 20, "x");
    let left = bytes;
    out.on("response", (answer) => {
      answer.resume();
      answer.on("end", () => done(answer.statusCode));
      answer.on("error", () => done(answer.statusCode));
    });
    out.on("error", (error) => done(error.code));
    const push = () => {
      while (left > 0) {
        const part = left < block.length ? block.subarray(0, left) : block;
        left -= part.length;
        if (!out.write(part)) {
          out.once("drain", push);
          return;
        }
      }
      out.end();
    };
    push();
  });

test("bodies of no byte and of a gigabyte are answered in bounded memory", async (t) => {
  const { server, client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", "", { "content-type": "application/json" })).status, 400);
  const before = peakKiB(server);
  const gigabyte = 1 << 30;
  const json = { "content-type": "application/json" };
  const told = await stream(client, "/api/tenants", gigabyte, { ...json, "content-length": String(gigabyte) });
  assert.ok([413, "ECONNRESET", "EPIPE"].includes(told), String(told));
  const chunked = await stream(client, "/api/tenants", gigabyte, { ...json, "transfer-encoding": "chunked" });
  assert.ok([413, "ECONNRESET", "EPIPE"].includes(chunked), String(chunked));
  const grown = peakKiB(server) - before;
  assert.ok(grown < 64 * 1024, `the peak grew by ${grown} KiB`);
  assert.equal((await client.get("/api/auth/me")).status, 200);
});

test("the body limit is exact", async (t) => {
  const { client } = await startWithOwner(t, { env: { TELAIO_MAX_BODY_BYTES: "1000" } });
  const body = (n) => JSON.stringify({ slug: "a", name: "x".repeat(n - 22) });
  assert.equal(body(1000).length, 1000);
  const json = { "content-type": "application/json" };
  const status = async (n) => (await client.post("/api/tenants", body(n), json)).status;
  assert.equal(await status(1001), 413);
  assert.equal(await status(1000), 422, "read, and the name is too long");
});

test("connections that are cut leave the server whole", async (t) => {
  const { server, client } = await startWithOwner(t);
  const head = `POST /api/tenants HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${client.token}\r\nContent-Type: application/json\r\n`;
  const cuts = ["POST /api/ten", head, `${head}Content-Length: 100\r\n\r\n`, `${head}Content-Length: 100\r\n\r\n{"slug":"cut`,
    `${head}Transfer-Encoding: chunked\r\n\r\n5\r\n{"slu`, "GET /api/users HTTP/1.1\r\nHost: x\r\n\r\n"];
  const { hostname, port } = new URL(server.url);
  for (const bytes of cuts) {
    await new Promise((done) => {
      const socket = connect(Number(port), hostname, () => socket.write(bytes, () => socket.destroy()));
      socket.on("close", done);
      socket.on("error", () => {});
    });
  }
  const list = await client.get("/api/tenants");
  assert.equal(list.status, 200);
  assert.ok(!list.text.includes("cut"));
  // a broken chunk is refused, nothing is half done
  const answer = await raw(server.url, `${head}Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n`);
  assert.match(answer, /^(HTTP\/1\.1 400|$)/);
  await until(async () => /telaio_requests_active 1\b/.test((await client.get("/metrics")).text), "requests to end");
  assert.equal((await server.stop()).code, 0, server.errors);
});

test("JSON nests 64 deep and no deeper", async (t) => {
  const { client } = await startWithOwner(t);
  const nested = (n) => `{"slug":${"[".repeat(n - 1)}${"]".repeat(n - 1)}}`;
  const code = async (n) => (await client.post("/api/tenants", nested(n), { "content-type": "application/json" })).error.code;
  assert.equal(await code(64), "validation_failed");
  assert.equal(await code(65), "too_deep");
});

test("what runs when the server is asked to stop is finished", async (t) => {
  const folder = temporaryFolder(t);
  const { server, client } = await startWithOwner(t, { folder });
  await client.post("/api/db-editor/tables", contacts);
  const { hostname, port } = new URL(server.url);
  const answer = new Promise((done, fail) => {
    const out = request({ hostname, port, method: "POST", path: "/api/db-editor/import/custom_contacts",
      headers: { authorization: `Bearer ${client.token}`, "content-type": "text/csv", "transfer-encoding": "chunked" } });
    out.on("response", (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => done({ status: response.statusCode, text }));
    });
    out.on("error", fail);
    out.write("email\nfirst@x.org\n");
    // seen once, the second one may be an answer whose end is just being counted
    let seen = 0;
    const stays = async () => {
      seen = /telaio_requests_active 2\b/.test((await client.get("/metrics")).text) ? seen + 1 : 0;
      return seen === 3;
    };
    until(stays, "the import to run")
      .then(async () => {
        server.process.kill("SIGTERM");
        await until(() => /"event":"stop"/.test(server.errors), "the stop in the log");
        out.end("second@x.org\n");
      })
      .catch(fail);
  });
  const { status, text } = await answer;
  assert.equal(status, 200, text);
  const { code } = await server.stop();
  assert.equal(code, 0, server.errors);
  const again = await new Server({ folder }).start();
  t.after(() => again.stop());
  const rows = await new Client(again.url, { token: client.token }).get("/api/custom/contacts");
  assert.equal(rows.data.rows.length, 2, rows.text);
});

test("JSON that could be read in two ways is refused", async (t) => {
  const { client } = await startWithOwner(t);
  const json = { "content-type": "application/json" };
  for (const body of ['{"slug":"a","slug":"b"}', '{"slug":"a"} x', "\u0000", '{"slug":"\\u0000"}', '{"slug":1e999}', "[1,]", "NaN"]) {
    const answer = await client.post("/api/tenants", body, json);
    assert.ok([400, 422].includes(answer.status), `${body}: ${answer.status} ${answer.text}`);
  }
  const unknown = await client.post("/api/tenants", { slug: "a", "a/b": 1 });
  assert.equal(unknown.status, 400);
  assert.equal(unknown.error.where, "/a~1b");
});

test("platform roles choose their tenant by a header, others cannot", async (t) => {
  const { client } = await startWithOwner(t);
  await client.post("/api/tenants", { slug: "alpha" });
  const admin = await addUser(client, { email: "a@alpha.org", role: "TENANT_ADMIN", tenant: "alpha" });
  const me = await client.get("/api/auth/me", { "x-telaio-tenant": "alpha" });
  assert.equal(me.data.tenant.slug, "alpha");
  assert.equal((await client.get("/api/auth/me")).data.tenant.slug, "main");
  assert.equal((await admin.get("/api/auth/me")).data.tenant.slug, "alpha");
  for (const slug of ["main", "nowhere", "ALPHA", "", "..%2f"]) {
    const answer = await admin.get("/api/auth/me", { "x-telaio-tenant": slug });
    assert.equal(answer.status, 404, `${slug}: ${answer.text}`);
  }
  const users = await client.get("/api/users", { "x-telaio-tenant": "alpha" });
  assert.deepEqual(users.data.users.map((user) => user.email), ["a@alpha.org"]);
  await client.patch("/api/tenants/alpha", { isActive: false });
  assert.equal((await admin.get("/api/auth/me")).status, 401, "at once");
  assert.equal((await client.patch("/api/tenants/main", { isActive: false })).status, 409);
});

test("CSP reports are counted, measurements are for Prometheus", async (t) => {
  const { anonymous } = await startWithOwner(t);
  const count = async () => Number(/telaio_csp_reports_total (\d+)/.exec((await anonymous.get("/metrics")).text)[1]);
  const before = await count();
  const sent = await anonymous.post("/api/csp-report", '{"csp-report":{}}', { "content-type": "application/csp-report" });
  assert.equal(sent.status, 204);
  assert.equal(await count(), before + 1);
  const failed = async () => Number(/telaio_sign_in_failures_total (\d+)/.exec((await anonymous.get("/metrics")).text)[1]);
  const failures = await failed();
  await anonymous.post("/api/auth/login", { email: "x@x.org", password: "not the password" });
  assert.equal(await failed(), failures + 1);
});
