// The command line on a store that is on a server of databases.
import assert from "node:assert/strict";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { run, Server, storeOf, temporaryFolder } from "../support/telaio.mjs";

const stores = { PostgreSQL: "TELAIO_TEST_POSTGRES", MariaDB: "TELAIO_TEST_MARIADB" };

for (const [label, variable] of Object.entries(stores)) {
  test(`${label}: an installation is made, examined and used without a server`, async (t) => {
    const address = process.env[variable];
    assert.ok(address, `${variable} is not set: see tests/support/servers`);
    const folder = temporaryFolder(t, address);
    const store = storeOf(folder, address);
    const ask = (words, options) => run([...words, "--data", folder, "--store", store], options);
    const good = (words, options) => {
      const answer = ask(words, options);
      assert.equal(answer.status, 0, `${words.join(" ")}: ${answer.stderr}`);
      return answer.stdout;
    };
    good(["user", "add", "--email", "o@x.org", "--role", "OWNER", "--password-stdin"], { input: "a long enough password\n" });
    const users = JSON.parse(good(["user", "list", "--json"]));
    assert.deepEqual(users.map((user) => user.email), ["o@x.org"]);
    good(["tenant", "add", "shop"]);
    assert.deepEqual(JSON.parse(good(["tenant", "list", "--json"])).map((tenant) => tenant.slug).sort(), ["main", "shop"]);
    const report = JSON.parse(good(["doctor", "--json"]));
    assert.equal(report.sound, true, JSON.stringify(report.findings));
    assert.ok(JSON.parse(good(["migrate", "status", "--system", "--json"])).every((row) => row.applied && !row.changed));
    assert.ok(!existsSync(join(folder, "store.db")), "nothing of it is in the data folder");

    const into = join(temporaryFolder(t, ""), "backup");
    const backup = ask(["backup", into]);
    assert.equal(backup.status, 1);
    assert.match(backup.stderr, /pg_dump|mariadb-dump/);
    assert.ok(!existsSync(into) && readdirSync(join(into, "..")).length === 0, "nothing is left of it");
    const restore = run(["restore", into, "--data", join(into, "fresh"), "--store", store]);
    assert.equal(restore.status, 1);
    assert.match(restore.stderr, /restored into a data folder/);

    const server = await new Server({ folder, args: ["--store", store] }).start();
    t.after(() => server.stop());
    assert.doesNotMatch(server.output, /set up at/);
  });
}

test("a database that does not answer is told, without its password", (t) => {
  for (const scheme of ["postgres", "mariadb"]) {
    const answer = run(["user", "list", "--data", temporaryFolder(t, ""), "--store", `${scheme}://ann:hunter@127.0.0.1:1/x?connect-ms=2000`]);
    assert.equal(answer.status, 1, answer.stderr);
    assert.match(answer.stderr, /telaio: /);
    assert.doesNotMatch(answer.stderr, /hunter/);
  }
});
