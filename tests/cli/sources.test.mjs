// Attached databases by the command line: add, list, test, remove, and what works in one of them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { owner, run, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const sql = (file, text) => {
  const result = spawnSync("sqlite3", [file], { input: text, encoding: "utf8" });
  assert.equal(result.status, 0, result.stderr);
  return result.stdout;
};

// A data folder with an owner, and a folder of database files that the operator allows.
const place = (t) => {
  const folder = temporaryFolder(t);
  const files = join(folder, "files");
  const data = join(folder, "data");
  mkdirSync(files);
  sql(join(files, "shop.db"), "CREATE TABLE customer (id INTEGER PRIMARY KEY, name TEXT); INSERT INTO customer VALUES (1, 'Ada'); CREATE TABLE hidden (a);");
  const env = { TELAIO_SOURCE_FOLDER: files };
  const made = run(["user", "add", "--email", owner.email, "--role", "OWNER", "--password-stdin", "--data", data], { input: `${owner.password}\n` });
  assert.equal(made.status, 0, made.stderr);
  const telaio = (args, more = {}) => run([...args, "--data", data], { env, ...more });
  return { files, data, env, telaio };
};

const json = (result) => {
  assert.equal(result.status, 0, result.stderr);
  return JSON.parse(result.stdout);
};

test("a database is attached, listed, tested and detached", (t) => {
  const { telaio, files } = place(t);
  const made = json(telaio(["source", "add", "shop", "sqlite:shop.db", "--forbid", "hid*", "--json"]));
  assert.deepEqual([made.name, made.kind, made.mode], ["shop", "sqlite", "read-only"]);
  assert.match(made.address, /^sqlite:.*shop\.db$/);
  const list = json(telaio(["source", "list", "--json"]));
  assert.deepEqual(list.map((source) => source.name), ["main", "shop"]);
  assert.match(list[1].version, /^3\./);
  const tested = json(telaio(["source", "test", "shop", "--json"]));
  assert.deepEqual([tested.ok, tested.tables], [true, 1]);
  const schema = json(telaio(["schema", "inspect", "--source", "shop", "--json"]));
  assert.deepEqual(schema.tables.map((table) => table.tableName ?? table.name), ["customer"]);
  assert.match(telaio(["schema", "inspect", "--source", "shop"]).stdout, /customer[^]*name/);
  const exported = telaio(["export", "customer", "--source", "shop"]);
  assert.deepEqual(exported.stdout.trim().split(/\r?\n/), ["id,name", "1,Ada"], exported.stderr);
  const rows = join(files, "rows.csv");
  writeFileSync(rows, "id,name\n2,Bob\n");
  const refused = telaio(["import", "customer", rows, "--source", "shop"]);
  assert.equal(refused.status, 3, refused.stderr);
  assert.match(refused.stderr, /read-only/);
  assert.equal(telaio(["source", "remove", "shop"]).status, 0);
  assert.deepEqual(json(telaio(["source", "list", "--json"])).map((source) => source.name), ["main"]);
  assert.equal(telaio(["schema", "inspect", "--source", "shop"]).status, 1);
  assert.equal(sql(join(files, "shop.db"), "SELECT count(*) FROM customer;").trim(), "1", "the database itself is as it was");
});

test("what is refused says why and what to do", (t) => {
  const { telaio, files } = place(t);
  writeFileSync(join(files, "notes.txt"), "no database\n".repeat(200));
  const attempts = [
    [["source", "add", "x", "sqlite:notes.txt"], 1, /not a SQLite database/],
    [["source", "add", "x", "sqlite:gone.db"], 1, /no such file/],
    [["source", "add", "x", "sqlite:/etc/passwd"], 3, /source-folder/],
    [["source", "add", "x", "nonsense"], 2, /address/],
    [["source", "add", "main", "sqlite:shop.db"], 1, /already/],
    [["source", "add", "Bad Name", "sqlite:shop.db"], 2, /name/],
    [["source", "add", "x"], 2, /ADDRESS/],
    [["source", "test", "gone"], 1, /no source/],
    [["source", "remove", "main"], 1, /no source/],
    [["source", "add", "x", "sqlite:shop.db", "--mode", "write"], 2, /read-write/],
  ];
  for (const [args, status, words] of attempts) {
    const answer = telaio(args);
    assert.equal(answer.status, status, `${args.join(" ")}: ${answer.stderr}`);
    assert.match(answer.stderr, words);
  }
});

test("a password is given by standard input, never in the command line", (t) => {
  const { telaio, data } = place(t);
  const secret = "s3cr3t-in-argv";
  const answer = telaio(["source", "add", "x", `postgres://u:${secret}@127.0.0.1:1/d`]);
  assert.equal(answer.status, 2, answer.stderr);
  assert.match(answer.stderr, /password/);
  assert.ok(!answer.stderr.includes(secret), answer.stderr);
  const given = telaio(["source", "add", "x", "postgres://u@127.0.0.1:1/d?connect-ms=500", "--password-stdin"], { input: `${secret}\n` });
  assert.equal(given.status, 1, "nobody listens there");
  assert.ok(!(given.stderr + given.stdout).includes(secret));
  assert.ok(!readFileSync(join(data, "store.db")).includes(secret));
});

test("beside a running server both see what the other does", async (t) => {
  const { files, env } = place(t);
  const { server, client } = await startWithOwner(t, { env });
  const telaio = (args) => run([...args, "--data", server.folder], { env });
  assert.equal(telaio(["source", "add", "shop", "sqlite:shop.db", "--mode", "read-write"]).status, 0);
  const rows = () => client.get("/api/db-editor/data/customer?source=shop");
  assert.equal((await rows()).data.rows.length, 1);
  assert.equal(telaio(["source", "remove", "shop"]).status, 0);
  await new Promise((done) => setTimeout(done, 300));
  assert.equal((await rows()).status, 404);
  const made = await client.post("/api/db-editor/sources", { name: "again", kind: "sqlite", path: join(files, "shop.db") });
  assert.equal(made.status, 201, made.text);
  assert.deepEqual(json(telaio(["source", "list", "--json"])).map((source) => source.name), ["main", "again"]);
});
