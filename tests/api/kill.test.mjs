// kill -9 in the middle of a schema change: the server is killed in front of its n-th write or sync,
// for n over the whole change, and started again. The schema is the one before or the one after, the
// journal says which, and the registry says the same.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { changes, editor, fill, isOf, look, moments, shim, shimEnvironment } from "../support/kills.mjs";
import { Client, copyFolder, run, Server, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

// A data folder with a table of 200 rows and an owner whose token stays good.
const prepare = async (t) => {
  const folder = temporaryFolder(t);
  const { client, server } = await startWithOwner(t, { folder });
  await fill(client);
  await server.stop();
  return { folder, token: client.token };
};

for (const { what, operations } of changes) {
  test(`killed at any moment of ${what}, all or nothing is there`, { timeout: 1_800_000 }, async (t) => {
    const library = shim(t);
    const { folder, token } = await prepare(t);
    const environment = (more) => shimEnvironment(library, more);
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

    const stride = Math.max(1, Math.floor(total / moments(24)));
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
      const change = history.find((c) => isOf(c, operations));
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
