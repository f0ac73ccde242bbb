// The doctor on every kind of damage: exit 4, a finding that names the thing, and no change made.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { chmodSync, closeSync, cpSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { before, test } from "node:test";
import { contacts, copyFolder, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const sqlite = (file, sql) => {
  const result = spawnSync("sqlite3", [file], { input: sql, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout.trim();
};

let sound;
let cleanUp = () => {};
before(async () => {
  const context = { after: (fn) => { const old = cleanUp; cleanUp = async () => { await fn(); await old(); }; } };
  const { server, client } = await startWithOwner(context);
  assert.equal((await client.post("/api/db-editor/tables", contacts)).status, 201);
  const rows = Array.from({ length: 500 }, (_, i) => ({ email: `p${i}@x.org`, name: "x".repeat(200) }));
  assert.equal((await client.post("/api/custom/contacts", rows)).status, 201);
  const dropped = await client.delete("/api/db-editor/tables/custom_contacts/columns/age");
  assert.equal(dropped.status, 200, dropped.text);
  assert.deepEqual(await server.stop(), { code: 0, signal: null });
  for (const name of ["store.db", "tenants/main.db"]) {
    sqlite(join(server.folder, name), "PRAGMA wal_checkpoint(TRUNCATE);");
  }
  sound = server.folder;
});
test.after(() => cleanUp());

const copyOf = (t) => {
  const folder = join(temporaryFolder(t), "data");
  copyFolder(sound, folder);
  return folder;
};

const examine = (folder, more = {}) => {
  const result = run(["doctor", "--json", "--data", folder], more);
  assert.ok(result.status === 0 || result.status === 4, result.stderr);
  const report = JSON.parse(result.stdout);
  assert.equal(report.sound, result.status === 0);
  assert.equal(report.findings.length === 0, report.sound);
  return report;
};

test("a sound folder has no finding, at rest and while a server runs", async (t) => {
  const folder = copyOf(t);
  const report = examine(folder);
  assert.deepEqual(report.findings, []);
  assert.deepEqual(report.checks.map((c) => c.name), ["settings", "permissions", "integrity", "files", "migrations", "journal", "registry", "trash"]);
  assert.ok(report.checks.every((c) => c.done && c.about));
  const text = run(["doctor", "--data", folder]);
  assert.match(text.stdout, /^ok +settings /);
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  assert.deepEqual(examine(folder).findings, []);
});

// name: what is done to a copy, and which check must tell about which object
const damages = {
  "a page of a tenant's file": {
    check: "integrity", object: /tenants\/main/,
    do: (folder) => {
      const file = join(folder, "tenants/main.db");
      const page = Number(sqlite(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'custom_contacts';"));
      const fd = openSync(file, "r+");
      writeSync(fd, Buffer.alloc(600, 0x5a), 0, 600, (page - 1) * 4096 + 8);
      closeSync(fd);
    },
  },
  "a page of the store": {
    check: "integrity", object: /store/,
    do: (folder) => {
      const file = join(folder, "store.db");
      const page = Number(sqlite(file, "SELECT rootpage FROM sqlite_schema WHERE name = 'permissions' AND type = 'table';"));
      const fd = openSync(file, "r+");
      writeSync(fd, Buffer.alloc(600, 0x5a), 0, 600, (page - 1) * 4096 + 8);
      closeSync(fd);
    },
  },
  "a file that is no database": {
    check: "integrity", object: /tenants\/main/, do: (folder) => writeFileSync(join(folder, "tenants/main.db"), "not a database at all, not even near".repeat(200)),
  },
  "a store that is no database": {
    check: "integrity", object: /store/, do: (folder) => writeFileSync(join(folder, "store.db"), "not a database at all, not even near".repeat(200)),
  },
  "no store": { check: "integrity", object: /store/, do: (folder) => rmSync(join(folder, "store.db")) },
  "an index without a row": {
    check: "integrity", object: /tenants\/main/,
    do: (folder) => {
      const file = join(folder, "tenants/main.db");
      const [name, sql] = sqlite(file, "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'custom_contacts' AND sql IS NOT NULL LIMIT 1;").split("|");
      assert.ok(name && sql);
      sqlite(file, `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = sql || ' WHERE 0' WHERE name = '${name}';`);
      sqlite(file, "PRAGMA ignore_check_constraints = ON; INSERT INTO custom_contacts (id, tenant_id, email) SELECT '00000000-0000-7000-8000-000000000001', tenant_id, 'ghost@x.org' FROM custom_contacts LIMIT 1;");
      sqlite(file, `PRAGMA writable_schema = ON; UPDATE sqlite_schema SET sql = replace(sql, ' WHERE 0', '') WHERE name = '${name}';`);
    },
  },
  "an open step of the journal": {
    check: "journal", object: /./,
    do: (folder) => sqlite(join(folder, "store.db"), "UPDATE change SET state = 'running', finished_at = NULL WHERE id = (SELECT max(id) FROM change WHERE kind = 'change');"),
  },
  "a change that needs attention": {
    check: "journal", object: /./,
    do: (folder) => sqlite(join(folder, "store.db"), "UPDATE change SET state = 'needs_attention' WHERE id = (SELECT max(id) FROM change WHERE kind = 'change');"),
  },
  "a table that the registry does not know": {
    check: "registry", object: /main/, do: (folder) => sqlite(join(folder, "store.db"), "DELETE FROM custom_tables_registry;"),
  },
  "a registered table that is not there": {
    check: "registry", object: /main/, do: (folder) => sqlite(join(folder, "tenants/main.db"), "DROP TABLE custom_contacts;"),
  },
  "a column that the registry does not know": {
    check: "registry", object: /main/, do: (folder) => sqlite(join(folder, "tenants/main.db"), "ALTER TABLE custom_contacts ADD COLUMN smuggled TEXT;"),
  },
  "a tenant's file that is gone": { check: "registry", object: /main/, do: (folder) => rmSync(join(folder, "tenants/main.db")) },
  "what was dropped is gone": {
    check: "trash", object: /./,
    do: (folder) => {
      const object = sqlite(join(folder, "store.db"), "SELECT object FROM undo_item LIMIT 1;");
      sqlite(join(folder, "tenants/main.db"), `DROP TABLE "${object}";`);
    },
  },
  "a database that others may read": { check: "permissions", object: /store\.db/, do: (folder) => chmodSync(join(folder, "store.db"), 0o644) },
  "a folder that others may enter": { check: "permissions", object: /tenants/, do: (folder) => chmodSync(join(folder, "tenants"), 0o755) },
  "the data folder open to a group": { check: "permissions", object: /data$/, do: (folder) => chmodSync(folder, 0o750) },
  "a file that does not belong": { check: "files", object: /notes\.txt/, do: (folder) => writeFileSync(join(folder, "notes.txt"), "x", { mode: 0o600 }) },
  "a database of no tenant": {
    check: "files", object: /tenants\/ghost\.db/,
    do: (folder) => {
      cpSync(join(folder, "tenants/main.db"), join(folder, "tenants/ghost.db"));
    },
  },
  "a link in place of a file": {
    check: "files", object: /tenants\/main\.db/,
    do: (folder) => {
      renameSync(join(folder, "tenants/main.db"), `${folder}-elsewhere.db`);
      symlinkSync(`${folder}-elsewhere.db`, join(folder, "tenants/main.db"));
    },
  },
  "a folder that does not belong": { check: "files", object: /more/, do: (folder) => mkdirSync(join(folder, "more"), { mode: 0o700 }) },
  "a migration from other content": {
    check: "migrations", object: /000005/, do: (folder) => sqlite(join(folder, "store.db"), "UPDATE applied SET file_hash = 'other' WHERE number = 5;"),
  },
};

for (const [name, damage] of Object.entries(damages)) {
  test(`found: ${name}`, (t) => {
    const folder = copyOf(t);
    damage.do(folder);
    const report = examine(folder);
    const found = report.findings.filter((f) => f.check === damage.check);
    assert.ok(found.some((f) => damage.object.test(f.object) && f.message), JSON.stringify(report.findings, null, 1));
    const again = examine(folder);
    assert.deepEqual(again.findings, report.findings, "looking changes nothing");
    const text = run(["doctor", "--data", folder]);
    assert.equal(text.status, 4);
    assert.ok(text.stdout.includes(found[0].message), text.stdout);
  });
}

test("found: settings that do not parse, wherever they stand", (t) => {
  const folder = copyOf(t);
  const file = join(temporaryFolder(t), "settings.json");
  for (const content of ['{"nonsense": 1}', '{"workers": 0}', "{", '{"log-level": "loud"}']) {
    writeFileSync(file, content);
    const result = run(["doctor", "--json", "--data", folder, "--config", file]);
    assert.equal(result.status, 4, content + result.stderr);
    assert.deepEqual(JSON.parse(result.stdout).findings.map((f) => f.check), ["settings"], content);
  }
  const report = examine(folder, { env: { TELAIO_WORKERS: "none" } });
  assert.match(report.findings[0].message, /"workers"/);
  assert.equal(run(["doctor", "--data", folder, "--config", `${file}.none`]).status, 4);
  const byEnvironment = run(["doctor", "--json"], { env: { TELAIO_DATA: folder, TELAIO_NONSENSE: "1" } });
  assert.equal(byEnvironment.status, 4, byEnvironment.stderr);
  assert.deepEqual(JSON.parse(byEnvironment.stdout).findings.length, 1);
});

test("what a crash left is found at rest, is nobody's business while somebody works, and is settled", async (t) => {
  const folder = copyOf(t);
  damages["an open step of the journal"].do(folder);
  assert.equal(examine(folder).sound, false);
  const server = await new Server({ folder }).start();
  t.after(() => server.stop());
  assert.deepEqual(examine(folder).findings, []);
  assert.ok(readFileSync(join(folder, "store.db")).length > 0);
});
