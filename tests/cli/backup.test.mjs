// Backup and restore of a whole installation, also while it is written to.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, Client, contacts, copyFolder, run, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const sqlite = (file, sql) => {
  const result = spawnSync("sqlite3", ["-readonly", "-json", file, sql], { encoding: "utf8", maxBuffer: 1 << 28 });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim() ? JSON.parse(result.stdout) : [];
};

// For each table a hash over all of its rows in the order of their keys.
const rowHashes = (file) => {
  const tables = sqlite(file, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name");
  return Object.fromEntries(tables.map(({ name }) => {
    const rows = sqlite(file, `SELECT * FROM "${name}" ORDER BY 1, 2`);
    return [name, `${rows.length} ${createHash("sha256").update(JSON.stringify(rows)).digest("hex")}`];
  }));
};

const databases = (folder) =>
  readdirSync(folder, { recursive: true }).map(String).filter((name) => name.endsWith(".db")).sort();

const allHashes = (folder) => Object.fromEntries(databases(folder).map((name) => [name, rowHashes(join(folder, name))]));

const ok = (result) => {
  assert.equal(result.status, 0, result.stdout + result.stderr);
  return result;
};

const begin = async (t) => {
  const { server, client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", contacts)).status, 201);
  ok(run(["tenant", "add", "shop", "--data", server.folder]));
  const shop = new Client(server.url, { token: client.token, tenant: "shop" });
  assert.equal((await shop.post("/api/db-editor/tables", contacts)).status, 201);
  for (const [one, n] of [[client, 20], [shop, 5]]) {
    const rows = Array.from({ length: n }, (_, i) => ({ email: `p${i}@x.org`, age: i, balance: i * 1.5, tags: { i } }));
    assert.equal((await one.post("/api/custom/contacts", rows)).status, 201);
  }
  return { server, client, shop, into: join(temporaryFolder(t), "backup"), fresh: join(temporaryFolder(t), "fresh") };
};

test("a restored installation has equal rows in every table of every file, and works", async (t) => {
  const { server, client, into, fresh } = await begin(t);
  const made = JSON.parse(ok(run(["backup", into, "--json", "--data", server.folder])).stdout);
  assert.deepEqual(Object.keys(made), ["folder", "createdAt", "version", "files", "bytes"]);
  assert.deepEqual(databases(into), ["store.db", "tenants/main.db", "tenants/shop.db"]);
  assert.equal(statSync(into).mode & 0o777, 0o700);
  const manifest = JSON.parse(readFileSync(join(into, "manifest.json"), "utf8"));
  for (const file of manifest.files) {
    const bytes = readFileSync(join(into, file.path));
    assert.deepEqual([file.bytes, file.sha256], [bytes.length, createHash("sha256").update(bytes).digest("hex")]);
    assert.equal(statSync(join(into, file.path)).mode & 0o777, 0o600);
  }
  ok(run(["restore", into, "--data", fresh]));
  // nobody wrote in between, so the live files, the backup and the restored files are all equal
  const live = allHashes(server.folder);
  assert.deepEqual(allHashes(into), live);
  assert.deepEqual(allHashes(fresh), live);
  assert.ok(live["tenants/main.db"].custom_contacts.startsWith("20 "));
  ok(run(["doctor", "--data", fresh]));
  const again = await startWithOwnerless(t, fresh, client.token);
  assert.equal((await again.get("/api/custom/contacts?limit=100")).data.rows.length, 20);
});

// Sessions are rows too: the token of the old installation is known in the restored one.
const startWithOwnerless = async (t, folder, token) => {
  const { Server } = await import("../support/telaio.mjs");
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  return new Client(server.url, { token });
};

test("under write load every backup is a moment: all that was answered before, nothing torn", async (t) => {
  const { server, client, shop, into, fresh } = await begin(t);
  // pairs of rows in one transaction must never come apart; numbers of one writer have no holes
  let writing = true;
  const answered = { main: 0, shop: 0 };
  const write = async (name, one) => {
    for (let i = 0; writing; i++) {
      const pair = [{ email: `${name}-${i}-a@x.org`, age: 1 }, { email: `${name}-${i}-b@x.org`, age: 2 }];
      const answer = await one.post("/api/custom/contacts", pair);
      assert.equal(answer.status, 201, answer.text);
      answered[name] = i + 1;
    }
  };
  const people = async () => {
    for (let i = 0; writing; i++) {
      const answer = await client.post("/api/users", { email: `load${i}@x.org`, password: "another good passphrase", role: "USER" });
      assert.equal(answer.status, 201, answer.text);
    }
  };
  const load = Promise.all([write("main", client), write("shop", shop), people()]);
  const { spawn } = await import("node:child_process");
  const backup = (folder) =>
    new Promise((done) => {
      const child = spawn(binary, ["backup", folder, "--data", server.folder], { stdio: ["ignore", "ignore", "pipe"] });
      let errors = "";
      child.stderr.on("data", (bytes) => (errors += bytes));
      child.on("exit", (status) => done({ status, errors }));
    });
  for (let round = 0; round < 3; round++) {
    while (answered.main < 5 * (round + 1) || answered.shop < 5 * (round + 1)) await new Promise((done) => setTimeout(done, 5));
    const before = { ...answered };
    const folder = `${into}-${round}`;
    const made = await backup(folder);
    assert.equal(made.status, 0, made.errors);
    for (const name of ["main", "shop"]) {
      const numbers = { a: [], b: [] };
      for (const { email } of sqlite(join(folder, `tenants/${name}.db`), "SELECT email FROM custom_contacts WHERE email LIKE '%-%'")) {
        const [, writer, number, half] = /^(\w+)-(\d+)-([ab])@/.exec(email);
        assert.equal(writer, name);
        numbers[half].push(Number(number));
      }
      const sorted = numbers.a.sort((x, y) => x - y);
      assert.deepEqual(sorted, sorted.map((_, i) => i), "no holes");
      assert.deepEqual(numbers.b.sort((x, y) => x - y), sorted, "no torn pair");
      assert.ok(sorted.length >= before[name], `${name}: ${sorted.length} rows, ${before[name]} were answered before`);
    }
  }
  writing = false;
  await load;
  ok(run(["restore", `${into}-2`, "--data", fresh]));
  assert.deepEqual(allHashes(fresh), allHashes(`${into}-2`));
  ok(run(["doctor", "--data", fresh]));
});

test("schema changes while it copies leave registry and tables equal", async (t) => {
  const { server, client, into } = await begin(t);
  let writing = true;
  const changes = (async () => {
    for (let i = 0; writing; i++) {
      const made = await client.post("/api/db-editor/tables/custom_contacts/columns", { name: `extra_${i}`, type: "text" });
      assert.ok(made.status === 201 || made.status === 200, made.text);
      await new Promise((done) => setTimeout(done, 400));
    }
  })();
  for (let round = 0; round < 3; round++) {
    const { spawn } = await import("node:child_process");
    const status = await new Promise((done) =>
      spawn(binary, ["backup", `${into}-${round}`, "--data", server.folder], { stdio: "ignore" }).on("exit", done));
    assert.equal(status, 0);
    const fresh = join(temporaryFolder(t), "fresh");
    ok(run(["restore", `${into}-${round}`, "--data", fresh]));
    ok(run(["doctor", "--data", fresh]));
  }
  writing = false;
  await changes;
});

test("a backup goes into a new folder outside of the data", async (t) => {
  const { server, into } = await begin(t);
  mkdirSync(into);
  writeFileSync(join(into, "file"), "mine");
  assert.equal(run(["backup", into, "--data", server.folder]).status, 1);
  assert.deepEqual(readdirSync(into), ["file"]);
  assert.equal(run(["backup", join(server.folder, "inside"), "--data", server.folder]).status, 2);
  assert.equal(run(["backup", join(server.folder, "tenants/inside"), "--data", server.folder]).status, 2);
  assert.equal(run(["backup", `${into}-2`, "--data", temporaryFolder(t)]).status, 1, "no installation");
  assert.ok(!existsSync(`${into}-2`));
  ok(run(["doctor", "--data", server.folder]));
  assert.deepEqual(readdirSync(join(into, "..")), ["backup"], "nothing half made is left");
});

test("a restore takes an empty folder only", async (t) => {
  const { server, into } = await begin(t);
  ok(run(["backup", into, "--data", server.folder]));
  const full = temporaryFolder(t);
  writeFileSync(join(full, "file"), "mine");
  assert.equal(run(["restore", into, "--data", full]).status, 1);
  assert.deepEqual(readdirSync(full), ["file"]);
  assert.equal(run(["restore", into, "--data", server.folder]).status, 1, "least of all one that runs");
  const empty = temporaryFolder(t);
  chmodSync(empty, 0o755);
  ok(run(["restore", into, "--data", empty]));
  ok(run(["doctor", "--data", empty]));
  const elsewhere = temporaryFolder(t);
  assert.equal(run(["restore", join(elsewhere, "none"), "--data", join(elsewhere, "data")]).status, 1);
  assert.equal(run(["restore", elsewhere, "--data", join(elsewhere, "data")]).status, 1, "no backup");
  assert.deepEqual(readdirSync(elsewhere), []);
});

test("a backup that is not what was backed up is refused with status 4, and nothing is left", async (t) => {
  const { server, into } = await begin(t);
  ok(run(["backup", into, "--data", server.folder]));
  ok(run(["restore", into, "--check", "--data", "/nowhere"]));
  const damage = {
    "a bit": (copy) => {
      const file = join(copy, "tenants/main.db");
      const bytes = readFileSync(file);
      bytes[bytes.length >> 1] ^= 1;
      writeFileSync(file, bytes);
    },
    "a byte more": (copy) => appendFileSync(join(copy, "store.db"), "x"),
    "a file less": (copy) => rmSync(join(copy, "tenants/shop.db")),
    "a file more": (copy) => writeFileSync(join(copy, "tenants/other.db"), "x"),
    "another hash": (copy) => change(copy, (m) => (m.files[0].sha256 = "0".repeat(64))),
    "a path that leaves": (copy) => change(copy, (m) => (m.files[0].path = "../../store.db")),
    "no store": (copy) => {
      change(copy, (m) => (m.files = m.files.filter((f) => f.namespace !== "store")));
      rmSync(join(copy, "store.db"));
    },
    "no manifest to read": (copy) => writeFileSync(join(copy, "manifest.json"), "{"),
  };
  const change = (copy, fn) => {
    const file = join(copy, "manifest.json");
    const manifest = JSON.parse(readFileSync(file, "utf8"));
    fn(manifest);
    writeFileSync(file, JSON.stringify(manifest));
  };
  for (const [name, break_] of Object.entries(damage)) {
    const place = temporaryFolder(t);
    const copy = join(place, "copy");
    copyFolder(into, copy);
    break_(copy);
    const result = run(["restore", copy, "--data", join(place, "fresh"), "--json"]);
    assert.equal(result.status, 4, `${name}: ${result.stderr}`);
    assert.equal(JSON.parse(result.stderr).error.code, "corrupt", name);
    assert.deepEqual(readdirSync(place), ["copy"], name);
    assert.equal(run(["restore", copy, "--check"]).status, 4, name);
  }
  const copy = join(temporaryFolder(t), "copy");
  copyFolder(into, copy);
  change(copy, (m) => (m.migration = "2099_01_01_000099_of_the_future"));
  assert.equal(run(["restore", copy, "--data", `${copy}-fresh`]).status, 1, "made by a newer program");
});

test("a backup that is killed leaves no backup, and the next one is sound", async (t) => {
  const { server, into } = await begin(t);
  const { spawn } = await import("node:child_process");
  for (const after of [50, 150, 300]) {
    const child = spawn(binary, ["backup", into, "--data", server.folder], { stdio: "ignore" });
    const ended = new Promise((done) => child.on("exit", done));
    const timer = setTimeout(() => child.kill("SIGKILL"), after);
    await ended;
    clearTimeout(timer);
    if (existsSync(into)) {
      ok(run(["restore", into, "--check"]));
      rmSync(into, { recursive: true });
    }
  }
  ok(run(["backup", into, "--data", server.folder]));
  ok(run(["restore", into, "--check"]));
  ok(run(["doctor", "--data", server.folder]));
});
