// The command line on a data folder: users, tenants, tokens, migrations, doctor, help.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, Client, contacts, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const addOwner = (folder) => {
  const made = run(["user", "add", "--data", folder, "--email", "o@x.org", "--role", "OWNER", "--password-stdin", "--json"], {
    input: "a long enough password\n",
  });
  assert.equal(made.status, 0, made.stderr);
  return JSON.parse(made.stdout);
};

test("help, version and unknown words", () => {
  const help = run(["help"]);
  assert.equal(help.status, 0);
  for (const command of ["serve", "user", "tenant", "token", "import", "export", "migrate", "schema", "backup", "restore", "doctor"]) {
    assert.match(help.stdout, new RegExp(`\\b${command}\\b`));
    const page = run(["help", command]);
    assert.equal(page.status, 0, command + page.stderr);
    assert.ok(page.stdout.length > 40, command);
  }
  assert.match(run(["--version"]).stdout, /^telaio \d+\.\d+\.\d+/);
  assert.equal(run(["frobnicate"]).status, 2);
  assert.equal(run(["user", "list", "--nope"]).status, 2);
  const errors = JSON.parse(run(["help", "errors", "--json"]).stdout);
  assert.ok(errors.some((e) => e.code === "not_found" && e.status === 404));
  for (const shell of ["bash", "zsh", "fish"]) {
    assert.equal(run(["completion", shell]).status, 0, shell);
  }
});

test("settings come from flags, environment, file and default, in this order", (t) => {
  const folder = temporaryFolder(t);
  const file = join(folder, "settings.json");
  writeFileSync(file, JSON.stringify({ workers: 7, "busy-ms": 123, "idle-seconds": 11 }));
  const printed = run(["serve", "--print-settings", "--json", "--config", file, "--workers", "9"], {
    env: { TELAIO_BUSY_MS: "456", TELAIO_WORKERS: "8" },
  });
  assert.equal(printed.status, 0, printed.stderr);
  const by = Object.fromEntries(JSON.parse(printed.stdout).map((s) => [s.name, s]));
  assert.deepEqual([by.workers.value, by.workers.origin], ["9", "flag"]);
  assert.deepEqual([by["busy-ms"].value, by["busy-ms"].origin], ["456", "environment"]);
  assert.deepEqual([by["idle-seconds"].value, by["idle-seconds"].origin], ["11", "file"]);
  assert.equal(by["max-json-depth"].origin, "default");
  writeFileSync(file, JSON.stringify({ nonsense: 1 }));
  assert.equal(run(["serve", "--print-settings", "--config", file]).status, 2);
  assert.equal(run(["serve", "--print-settings", "--workers", "0"]).status, 2);
});

test("an owner made by the command line signs in; a second one is refused", async (t) => {
  const folder = temporaryFolder(t);
  addOwner(folder);
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  assert.doesNotMatch(server.output, /setup\?token/);
  const login = await new Client(server.url).post("/api/auth/login", { email: "o@x.org", password: "a long enough password" });
  assert.equal(login.status, 200, login.text);
  const list = run(["user", "list", "--data", folder, "--json"]);
  assert.equal(JSON.parse(list.stdout).length, 1);
  assert.equal(run(["user", "disable", "--data", folder, "--email", "nobody@x.org"]).status, 1);
});

test("tenants and tokens", async (t) => {
  const folder = temporaryFolder(t);
  addOwner(folder);
  assert.equal(run(["tenant", "add", "shop", "--name", "The shop", "--data", folder]).status, 0);
  assert.equal(run(["tenant", "add", "shop", "--data", folder]).status, 1);
  assert.equal(run(["tenant", "add", "Bad Slug!", "--data", folder]).status, 2);
  const tenants = JSON.parse(run(["tenant", "list", "--json", "--data", folder]).stdout);
  assert.deepEqual(tenants.map((x) => x.slug).sort(), ["main", "shop"]);
  const token = run(["token", "create", "--email", "o@x.org", "--name", "ci", "--json", "--data", folder]);
  assert.equal(token.status, 0, token.stderr);
  const secret = JSON.parse(token.stdout).token;
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  const client = new Client(server.url, { token: secret });
  assert.equal((await client.get("/api/db-editor/tables")).status, 200);
  const [row] = JSON.parse(run(["token", "list", "--json", "--data", folder]).stdout);
  assert.equal(run(["token", "revoke", String(row.id), "--data", folder]).status, 0);
});

test("system migrations go down to 0 and come back with the data", (t) => {
  const folder = temporaryFolder(t);
  addOwner(folder);
  const status = run(["migrate", "status", "--system", "--json", "--data", folder]);
  assert.equal(status.status, 0, status.stderr);
  const rows = JSON.parse(status.stdout);
  assert.ok(rows.length >= 21 && rows.every((r) => r.applied), status.stdout);
  assert.equal(run(["migrate", "down", "--system", "--to", "0", "--data", folder]).status, 0);
  const down = JSON.parse(run(["migrate", "status", "--system", "--json", "--data", folder]).stdout);
  assert.ok(down.filter((r) => !r.applied).length >= 20);
  assert.equal(run(["migrate", "up", "--system", "--data", folder]).status, 0);
  assert.equal(JSON.parse(run(["user", "list", "--json", "--data", folder]).stdout).length, 1);
});

test("doctor is content with a sound folder and finds what is wrong", (t) => {
  const folder = temporaryFolder(t);
  addOwner(folder);
  const sound = run(["doctor", "--data", folder]);
  assert.equal(sound.status, 0, sound.stdout + sound.stderr);
  chmodSync(join(folder, "store.db"), 0o644);
  const open = run(["doctor", "--data", folder]);
  assert.equal(open.status, 4, open.stdout);
  assert.match(open.stdout, /permission/i);
});

test("schema inspect prints the tables of a tenant", async (t) => {
  const { server, client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  const shown = run(["schema", "inspect", "--json", "--data", server.folder]);
  assert.equal(shown.status, 0, shown.stderr);
  const catalog = JSON.parse(shown.stdout);
  assert.ok(JSON.stringify(catalog).includes("custom_contacts"));
});

test("a backup under write load restores to equal rows", async (t) => {
  const { server, client } = await startWithOwner(t);
  await client.post("/api/db-editor/tables", contacts);
  let writing = true;
  let written = 0;
  const writer = (async () => {
    while (writing) {
      const answer = await client.post("/api/custom/contacts", { email: `p${written}@x.org` });
      assert.equal(answer.status, 201, answer.text);
      written++;
    }
  })();
  await new Promise((done) => setTimeout(done, 300));
  const into = join(temporaryFolder(t), "backup");
  const backup = run(["backup", into, "--data", server.folder]);
  writing = false;
  await writer;
  assert.equal(backup.status, 0, backup.stderr);
  assert.ok(existsSync(into) && readdirSync(into).length > 0);
  const fresh = join(temporaryFolder(t), "restored");
  const restore = run(["restore", into, "--data", fresh]);
  assert.equal(restore.status, 0, restore.stderr);
  assert.equal(run(["restore", into, "--data", fresh]).status, 1, "only into an empty folder");
  assert.equal(run(["doctor", "--data", fresh]).status, 0);
  const exported = run(["export", "custom_contacts", "--format", "ndjson", "--data", fresh]);
  assert.equal(exported.status, 0, exported.stderr);
  const restored = exported.stdout.trim().split("\n").map((line) => JSON.parse(line).email);
  const now = run(["export", "custom_contacts", "--format", "ndjson", "--data", server.folder]);
  const live = new Set(now.stdout.trim().split("\n").map((line) => JSON.parse(line).email));
  assert.ok(restored.length > 0 && restored.every((email) => live.has(email)));
});

test("what a killed process left behind is no matter of the next one of its id", () => {
  // libmongoc's counters, in a file by the process' id
  const shell = ': > "/dev/shm/mongoc-$$"; exec "$0" help';
  const result = spawnSync("sh", ["-c", shell, binary], { encoding: "utf8", timeout: 60_000 });
  rmSync(`/dev/shm/mongoc-${result.pid}`, { force: true });
  assert.equal(result.status, 0, result.stderr);
  assert.equal(result.stderr, "");
});
