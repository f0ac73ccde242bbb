// Chinook, loaded with each engine's own client and attached, answers the queries of
// tests/conformance/queries; MongoDB gets the same data through an import. What they must answer
// was computed from the script by expected.mjs, which uses nothing of Telaio.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { asCsv, asText, expected, readScript } from "../conformance/queries/expected.mjs";
import { mongoCommand } from "../support/mongo.mjs";
import { askServer, dataFolder, repository, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const folder = join(repository, "tests/conformance/queries");
const queries = JSON.parse(readFileSync(join(folder, "queries.json"), "utf8"));
const answers = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const script = (engine) => readFileSync(join(dataFolder, `chinook/chinook_${engine}.sql`), "utf8");
const database = `chinook_${process.pid}`;

const address = (variable) => {
  const text = process.env[variable];
  assert.ok(text, `${variable} is not set: see tests/support/servers`);
  return text;
};

// The address of one database of a server.
const within = (text, name) => text.replace(/^(\w+:\/\/[^/?]*)\/?[^?]*/, `$1/${name}`);

// The scripts make and choose a database of a fixed name: those lines are left out.
const ofScript = (engine) => script(engine).replace(/^(DROP DATABASE|CREATE DATABASE|USE |\\c ).*$/gm, "");

const snake = (name) => name.replace(/([a-z])([A-Z])/g, "$1_$2").toLowerCase();

// PostgreSQL's script writes its names in snake case: what is asked there is asked with those.
const snakeQuery = ({ fields, sort, filters, ...rest }) => {
  const rename = (tree) => {
    if (Array.isArray(tree)) return tree.map(rename);
    if (tree === null || typeof tree !== "object") return tree;
    return Object.fromEntries(
      Object.entries(tree).map(([key, value]) => {
        if (key === "field") return [key, snake(value)];
        return [/[A-Z]/.test(key[0]) ? snake(key) : key, rename(value)];
      }),
    );
  };
  return { ...rest, ...(fields && { fields: snake(fields) }), ...(sort && { sort: snake(sort) }), ...(filters && { filters: rename(filters) }) };
};

const parameters = (query) =>
  new URLSearchParams(Object.entries(query).map(([name, value]) => [name, name === "filters" ? JSON.stringify(value) : String(value)]));

// Keys as Chinook's own script writes them.
const pascalRow = (columns, row) =>
  Array.isArray(row) ? row : Object.fromEntries(Object.entries(row).map(([name, value]) => [columns[name] ?? name, value]));

const ask = async (client, source, { table, query, follow }, names) => {
  const asked = names ? snakeQuery(query) : query;
  const list = async (more) => {
    const path = `${editor}/data/${names ? snake(table) : table}?${parameters({ ...asked, ...more, source })}`;
    const answer = await client.get(path);
    assert.equal(answer.status, 200, `${path}: ${answer.text}`);
    const rows = answer.data.rows.map((row) => (names ? pascalRow(names, row) : row));
    return { rows, total: answer.data.pagination.total, next: answer.meta?.nextCursor };
  };
  const first = await list({});
  if (!follow) return { rows: first.rows, total: first.total };
  const pages = [first.rows];
  for (let next = first.next, page = 2; next; page += 1) {
    const one = await list(follow === "page" ? { page } : { cursor: next });
    pages.push(one.rows);
    next = one.next;
    assert.ok(page < 1000, "the pages do not end");
  }
  return { pages, total: first.total };
};

const askAll = async (t, client, source, names) => {
  for (const query of queries) {
    await t.test(`${source}: ${query.name}`, async () => {
      assert.deepEqual(await ask(client, source, query, names), answers[query.name]);
    });
  }
};

const attach = async (client, name, body) => {
  const made = await client.post(`${editor}/sources`, { name, ...body });
  assert.equal(made.status, 201, made.text);
};

const start = async (t) => {
  const files = temporaryFolder(t, "");
  mkdirSync(join(files, "databases"));
  const sockets = ["TELAIO_TEST_POSTGRES", "TELAIO_TEST_MARIADB"].map((name) => /socket=([^&]*)/.exec(process.env[name] ?? "")?.[1]);
  const env = { TELAIO_SOURCE_FOLDER: join(files, "databases"), TELAIO_SOURCE_HOSTS: ["*", ...sockets.filter(Boolean)].join(",") };
  return { ...(await startWithOwner(t, { env })), databases: join(files, "databases") };
};

test("the expected answers are those that the script gives", () => {
  assert.equal(asText(expected(script("sqlite"), queries)), readFileSync(join(folder, "expected.json"), "utf8"));
  assert.ok(queries.length >= 50);
  assert.equal(new Set(queries.map((query) => query.name)).size, queries.length);
});

test("Chinook on SQLite answers the queries", async (t) => {
  const { client, databases } = await start(t);
  const loaded = spawnSync("sqlite3", ["-bail", join(databases, "chinook.db")], { input: script("sqlite"), encoding: "utf8" });
  assert.equal(loaded.status, 0, loaded.stderr);
  await attach(client, "sqlite", { kind: "sqlite", path: "chinook.db" });
  await askAll(t, client, "sqlite");
});

test("Chinook on PostgreSQL answers the queries", async (t) => {
  const server = address("TELAIO_TEST_POSTGRES");
  const { client } = await start(t);
  askServer(server, `CREATE DATABASE ${database}`);
  t.after(() => askServer(server, `DROP DATABASE ${database} WITH (FORCE)`));
  askServer(within(server, database), ofScript("postgresql"));
  await attach(client, "postgresql", { address: within(server, database) });
  const tables = readScript(script("sqlite"));
  const names = Object.fromEntries(Object.values(tables).flatMap((table) => Object.keys(table.columns).map((name) => [snake(name), name])));
  await askAll(t, client, "postgresql", names);
});

test("Chinook on MariaDB answers the queries", async (t) => {
  const server = address("TELAIO_TEST_MARIADB");
  const { client } = await start(t);
  // the script means its backslashes as they stand
  askServer(server, `CREATE DATABASE ${database}; USE ${database}; SET NAMES utf8mb4, sql_mode = concat(@@sql_mode, ',NO_BACKSLASH_ESCAPES');\n${ofScript("mysql")}`);
  t.after(() => askServer(server, `DROP DATABASE ${database}`));
  await attach(client, "mariadb", { address: within(server, database) });
  await askAll(t, client, "mariadb");
});

test("Chinook imported into MongoDB answers the queries", { skip: process.env.TELAIO_TEST_MONGODB_SKIP }, async (t) => {
  const server = address("TELAIO_TEST_MONGODB_URI");
  const { client } = await start(t);
  await mongoCommand(server, database, { create: "Nothing" }); // a database is there once something is in it
  t.after(() => mongoCommand(server, database, { dropDatabase: 1 }));
  await attach(client, "mongodb", { address: within(server, database), mode: "read-write", policy: { enableTableDeletion: true } });
  const tables = readScript(script("sqlite"));
  const kinds = { INTEGER: { type: "number", kind: "integer" }, NVARCHAR: { type: "text" }, DATETIME: { type: "datetime", kind: "local" }, NUMERIC: { type: "number", precision: 10, scale: 2 } };
  const operations = Object.entries(tables).map(([name, table]) => ({
    op: "CREATE_TABLE",
    table: { tableName: name, primaryKey: table.key, columns: Object.entries(table.columns).map(([column, type]) => ({ name: column, ...kinds[type] })) },
  }));
  const made = await client.post(`${editor}/changes?source=mongodb`, { operations });
  assert.equal(made.status, 201, made.text);
  for (const [name, table] of Object.entries(tables)) {
    const sent = await client.post(`${editor}/import/${name}?source=mongodb`, asCsv(table), { "content-type": "text/csv" });
    assert.equal(sent.status, 200, `${name}: ${sent.text.slice(0, 500)}`);
    assert.equal(sent.data.inserted, table.rows.length);
  }
  await askAll(t, client, "mongodb");
});
