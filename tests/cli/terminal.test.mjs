// What a person at a terminal sees: a bar while it takes long, a question for a password.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, contacts, run, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const none = spawnSync("which", ["script"]).status !== 0 && "no script(1)";
const quote = (word) => `'${word.replace(/'/g, "'\\''")}'`;

// Runs the program on a pseudo terminal; `answers` are typed one by one when `asked` has been shown.
const onTerminal = (args, answers = []) =>
  new Promise((done) => {
    const child = spawn("script", ["-qefc", [binary, ...args].map(quote).join(" "), "/dev/null"], {
      env: { ...process.env, TELAIO_PASSWORD_MEMORY_KIB: "64", TERM: "xterm" },
      stdio: ["pipe", "pipe", "pipe"],
    });
    let shown = "";
    let next = 0;
    child.stdout.on("data", (bytes) => {
      shown += bytes;
      while (next < answers.length && shown.includes(answers[next].asked)) {
        child.stdin.write(`${answers[next++].typed}\n`);
      }
    });
    child.on("exit", (status) => done({ status, shown }));
  });

test("a password is asked for twice and never shown", { skip: none }, async (t) => {
  const folder = temporaryFolder(t);
  const secret = "correct horse battery staple";
  const args = ["user", "add", "--email", "o@x.org", "--role", "OWNER", "--data", folder];
  const differ = await onTerminal(args, [{ asked: "Password: ", typed: secret }, { asked: "Again: ", typed: `${secret}!` }]);
  assert.equal(differ.status, 2, differ.shown);
  assert.match(differ.shown, /the two passwords differ/);
  const made = await onTerminal(args, [{ asked: "Password: ", typed: secret }, { asked: "Again: ", typed: secret }]);
  assert.equal(made.status, 0, made.shown);
  assert.ok(!made.shown.includes(secret), "it is not shown");
  assert.equal(JSON.parse(run(["user", "list", "--json", "--data", folder]).stdout).length, 1);
});

test("a long import draws a bar on the terminal and none into a file", { skip: none }, async (t) => {
  const { server, client } = await startWithOwner(t);
  assert.equal((await client.post("/api/db-editor/tables", contacts)).status, 201);
  const file = join(temporaryFolder(t), "a.csv");
  const rows = Array.from({ length: 20_000 }, (_, i) => `p${i}@x.org,Person ${i},${i % 100}`);
  writeFileSync(file, `email,name,age\n${rows.join("\n")}\n`);
  const drawn = await onTerminal(["import", "custom_contacts", file, "--data", server.folder]);
  assert.equal(drawn.status, 0, drawn.shown);
  assert.match(drawn.shown, /\[#*\.*\] +\d+ % +\d+ rows/);
  assert.match(drawn.shown, /20000 inserted/);
  const plain = run(["import", "custom_contacts", file, "--upsert", "email", "--data", server.folder]);
  assert.deepEqual([plain.status, plain.stderr], [0, ""]);
});
