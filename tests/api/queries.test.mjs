// Chinook, loaded with each engine's own client and attached, answers the queries of
// tests/conformance/queries; MongoDB gets the same data through an import. What they must answer
// was computed from the script by expected.mjs, which uses nothing of Telaio.
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { asCsv, asText, expected, readScript } from "../conformance/queries/expected.mjs";
import { databases } from "../support/databases.mjs";
import { dataFolder, repository, startWithOwner, temporaryFolder } from "../support/telaio.mjs";

const editor = "/api/db-editor";
const folder = join(repository, "tests/conformance/queries");
const queries = JSON.parse(readFileSync(join(folder, "queries.json"), "utf8"));
const answers = JSON.parse(readFileSync(join(folder, "expected.json"), "utf8"));
const script = (engine) => readFileSync(join(dataFolder, `chinook/chinook_${engine}.sql`), "utf8");

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

const start = async (t) => {
  const files = join(temporaryFolder(t, ""), "databases");
  mkdirSync(files);
  const sockets = ["TELAIO_TEST_POSTGRES", "TELAIO_TEST_MARIADB"].map((name) => /socket=([^&]*)/.exec(process.env[name] ?? "")?.[1]);
  const env = { TELAIO_SOURCE_FOLDER: files, TELAIO_SOURCE_HOSTS: ["*", ...sockets.filter(Boolean)].join(",") };
  return { ...(await startWithOwner(t, { env })), files };
};

// A database of the kind, attached under the kind's name.
const attach = async (t, kind, fill, more = {}) => {
  const { client, files } = await start(t);
  const database = databases[kind](t, files);
  await fill(database);
  const made = await client.post(`${editor}/sources`, { name: kind, address: database.address, ...more });
  assert.equal(made.status, 201, made.text);
  return client;
};

test("the expected answers are those that the script gives", () => {
  assert.equal(asText(expected(script("sqlite"), queries)), readFileSync(join(folder, "expected.json"), "utf8"));
  assert.ok(queries.length >= 50);
  assert.equal(new Set(queries.map((query) => query.name)).size, queries.length);
});

test("Chinook on SQLite answers the queries", async (t) => {
  const client = await attach(t, "sqlite", (database) => database.sql(script("sqlite")));
  await askAll(t, client, "sqlite");
});

test("Chinook on PostgreSQL answers the queries", async (t) => {
  const client = await attach(t, "postgresql", (database) => database.sql(ofScript("postgresql")));
  const columns = Object.values(readScript(script("sqlite"))).flatMap((table) => Object.keys(table.columns));
  await askAll(t, client, "postgresql", Object.fromEntries(columns.map((name) => [snake(name), name])));
});

test("Chinook on MariaDB answers the queries", async (t) => {
  // the script means its backslashes as they stand
  const settings = "SET NAMES utf8mb4, sql_mode = concat(@@sql_mode, ',NO_BACKSLASH_ESCAPES');\n";
  const client = await attach(t, "mariadb", (database) => database.sql(settings + ofScript("mysql")));
  await askAll(t, client, "mariadb");
});

const kinds = {
  INTEGER: { type: "number", kind: "integer" },
  NVARCHAR: { type: "text" },
  DATETIME: { type: "datetime", kind: "local" },
  NUMERIC: { type: "number", precision: 10, scale: 2 },
};

test("Chinook imported into MongoDB answers the queries", { skip: process.env.TELAIO_TEST_MONGODB_SKIP }, async (t) => {
  // a database is there once something is in it
  const client = await attach(t, "mongodb", (database) => database.command({ create: "Nothing" }), { mode: "read-write" });
  const tables = readScript(script("sqlite"));
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
