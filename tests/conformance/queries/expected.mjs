// What the queries of queries.json must answer, computed from Chinook's own script by the rules of
// docs/reference/rows.md and by nothing of Telaio.
//   node tests/conformance/queries/expected.mjs SCRIPT.sql            prints expected.json
//   node tests/conformance/queries/expected.mjs SCRIPT.sql --csv DIR  the tables as CSV files
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

// ---- the data --------------------------------------------------------------------------------

// One SQL value at `at`: a number, NULL, or a text in which '' is a quote.
const readValue = (sql, at) => {
  if (sql.startsWith("NULL", at)) return [null, at + 4];
  if (sql[at] === "N" && sql[at + 1] === "'") at += 1;
  if (sql[at] !== "'") {
    const number = /-?\d+(\.\d+)?/y;
    number.lastIndex = at;
    const [text] = number.exec(sql) ?? [];
    if (text === undefined) throw new Error(`no value at ${sql.slice(at, at + 40)}`);
    return [Number(text), at + text.length];
  }
  let text = "";
  for (at += 1; ; at += 1) {
    if (sql[at] === "'" && sql[at + 1] !== "'") return [text, at + 1];
    if (sql[at] === "'") at += 1;
    text += sql[at];
  }
};

const readTuple = (sql, at) => {
  const values = [];
  let value;
  do {
    at += 1; // "(" or ","
    while (sql[at] === " ") at += 1;
    [value, at] = readValue(sql, at);
    values.push(value);
  } while (sql[at] === ",");
  return [values, at + 1];
};

/** {table: {columns: {name: type}, key: [names], rows: [{name: value}]}} of Chinook's SQLite script. */
export const readScript = (sql) => {
  const tables = {};
  for (const [, name, body] of sql.matchAll(/CREATE TABLE \[(\w+)\]\s*\(([\s\S]*?)\n\);/g)) {
    const columns = {};
    for (const [, column, type] of body.matchAll(/^\s*\[(\w+)\] (\w+)/gm)) columns[column] = type;
    const [, keys] = /PRIMARY KEY\s*\(([^)]*)\)/.exec(body);
    tables[name] = { columns, key: [...keys.matchAll(/\w+/g)].map(([word]) => word), rows: [] };
  }
  const insert = /INSERT INTO \[(\w+)\] \(([^)]*)\) VALUES\s*/g;
  for (let match; (match = insert.exec(sql)); ) {
    const columns = [...match[2].matchAll(/\w+/g)].map(([word]) => word);
    let at = insert.lastIndex;
    for (;;) {
      while (/\s/.test(sql[at])) at += 1;
      const [values, behind] = readTuple(sql, at);
      tables[match[1]].rows.push(Object.fromEntries(columns.map((c, i) => [c, values[i]])));
      at = behind;
      if (sql[at] === ";") break;
      at += 1; // ","
    }
  }
  return tables;
};

// ---- values ----------------------------------------------------------------------------------

const isText = (type) => type === "NVARCHAR";
const isTime = (type) => type === "DATETIME";
/** As the API answers it: a time of Chinook has no zone and no part of a second. */
const answered = (type, value) => (isTime(type) && value !== null ? value.replace(" ", "T") : value);
/** As a filter's value is compared. */
const given = (type, value) => (isTime(type) ? value.replace("T", " ") : isText(type) ? value : Number(value));

// Texts by their code points, which is not the order of JavaScript's UTF-16 units.
const compareTexts = (a, b) => {
  const x = Array.from(a);
  const y = Array.from(b);
  for (let i = 0; i < x.length && i < y.length; i += 1)
    if (x[i] !== y[i]) return x[i].codePointAt(0) - y[i].codePointAt(0);
  return x.length - y.length;
};
const compare = (a, b) => (typeof a === "string" ? compareTexts(a, b) : a - b);

// ---- conditions: true, false, or null for SQL's unknown ------------------------------------------

const not = (x) => (x === null ? null : !x);
const and = (list) => (list.includes(false) ? false : list.includes(null) ? null : true);
const or = (list) => (list.includes(true) ? true : list.includes(null) ? null : false);

// % and _, \ escapes.
const likeRegex = (pattern, flags) => {
  let source = "";
  for (let i = 0; i < pattern.length; i += 1) {
    const c = pattern[i];
    const literal = c === "\\" ? pattern[(i += 1)] : null;
    if (literal === null && c === "%") source += "[^]*";
    else if (literal === null && c === "_") source += "[^]";
    else source += (literal ?? c).replace(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
  }
  return new RegExp(`^${source}$`, `u${flags}`);
};
const fold = (text) => text.toLowerCase();
const literally = (text) => text.replace(/[%_\\]/g, "\\$&");

const known = (fn) => (value, wanted, type) => (value === null ? null : fn(value, wanted, type));
const comparison = (fn) => known((value, wanted, type) => fn(compare(value, given(type, wanted))));
const ilike = known((value, pattern) => likeRegex(fold(pattern), "").test(fold(value)));
const operators = {
  eq: (value, wanted, type) => (wanted === null ? value === null : comparison((c) => c === 0)(value, wanted, type)),
  neq: (value, wanted, type) => (wanted === null ? value !== null : comparison((c) => c !== 0)(value, wanted, type)),
  gt: comparison((c) => c > 0),
  gte: comparison((c) => c >= 0),
  lt: comparison((c) => c < 0),
  lte: comparison((c) => c <= 0),
  like: known((value, pattern) => likeRegex(pattern, "").test(value)),
  ilike,
  contains: (value, text) => ilike(value, `%${literally(text)}%`),
  startsWith: (value, text) => ilike(value, `${literally(text)}%`),
  in: (value, list, type) => (list.length ? or(list.map((one) => operators.eq(value, one, type))) : false),
  between: (value, [low, high], type) => and([operators.gte(value, low, type), operators.lte(value, high, type)]),
  is: (value, word) => (word === null || word === "null" ? value === null : value !== null),
};
const signs = { "=": "eq", "!=": "neq", "<>": "neq", ">": "gt", ">=": "gte", "<": "lt", "<=": "lte" };
const operator = (name) => operators[signs[name] ?? name];

/** The condition `tree` of a row. */
const holds = (table, row, tree) => {
  if (Array.isArray(tree)) return and(tree.map((one) => holds(table, row, one)));
  if (Array.isArray(tree.and)) return and(tree.and.map((one) => holds(table, row, one)));
  if (Array.isArray(tree.or)) return or(tree.or.map((one) => holds(table, row, one)));
  if (tree.not) return not(holds(table, row, tree.not));
  if (tree.field) return operator(tree.operator ?? "=")(row[tree.field], tree.value, table.columns[tree.field]);
  return and(
    Object.entries(tree).map(([name, wanted]) => {
      const test = (word, value) => operator(word)(row[name], value, table.columns[name]);
      if (Array.isArray(wanted)) return test("in", wanted);
      if (wanted === null || typeof wanted !== "object") return test("eq", wanted);
      return and(Object.entries(wanted).map(([word, value]) => test(word, value)));
    }),
  );
};

// ---- a list -----------------------------------------------------------------------------------

// NULL comes behind all values, so it is first going down; the key decides what is equal, in the last column's direction.
const orderOf = (table, query) => {
  const down = query.order === "desc";
  const list = (query.sort ? query.sort.split(",") : []).map((word) => ({
    column: word.replace(/^-/, ""),
    down: word.startsWith("-") || down,
  }));
  const keyDown = list.length ? list.at(-1).down : down;
  for (const column of table.key) if (!list.some((o) => o.column === column)) list.push({ column, down: keyDown });
  return (a, b) => {
    for (const { column, down: isDown } of list) {
      const [x, y] = [a[column], b[column]];
      if (x === y) continue;
      const c = x === null ? 1 : y === null ? -1 : compare(x, y);
      if (c) return isDown ? -c : c;
    }
    return 0;
  };
};

const isFound = (table, row, text) =>
  Object.entries(table.columns).some(([name, type]) => isText(type) && row[name] !== null && fold(row[name]).includes(fold(text)));

/** {rows, total} or, for a query that goes on to the end, {pages: [rows, …], total}. */
export const answer = (tables, { table: name, query, follow }) => {
  const table = tables[name];
  const found = table.rows
    .filter((row) => !query.filters || holds(table, row, query.filters) === true)
    .filter((row) => !query.search || isFound(table, row, query.search))
    .sort(orderOf(table, query));
  const fields = query.fields ? query.fields.split(",") : Object.keys(table.columns);
  const shape = (row) => {
    const values = fields.map((field) => answered(table.columns[field], row[field]));
    return query.shape === "arrays" ? values : Object.fromEntries(fields.map((field, i) => [field, values[i]]));
  };
  const limit = query.limit ?? 50;
  const page = (n) => found.slice((n - 1) * limit, n * limit).map(shape);
  const total = query.count === "none" ? null : found.length;
  if (!follow) return { rows: page(query.page ?? 1), total };
  const pages = Array.from({ length: Math.ceil(found.length / limit) }, (_, i) => page(i + 1));
  return { pages, total };
};

export const expected = (sql, queries) => {
  const tables = readScript(sql);
  return Object.fromEntries(queries.map((query) => [query.name, answer(tables, query)]));
};

// One line a query, so that a difference can be read.
export const asText = (answers) =>
  `{\n${Object.entries(answers)
    .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(",\n")}\n}\n`;

const csvField = (value) => (value === null ? "" : typeof value === "number" ? String(value) : `"${value.replaceAll('"', '""')}"`);

/** A table as CSV: an empty field is NULL, a text stands in quotes. */
export const asCsv = (table) => {
  const names = Object.keys(table.columns);
  const lines = table.rows.map((row) => names.map((name) => csvField(answered(table.columns[name], row[name]))).join(","));
  return [names.join(","), ...lines, ""].join("\r\n");
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [script, option, folder] = process.argv.slice(2);
  const sql = readFileSync(script, "utf8");
  if (option === "--csv") {
    for (const [name, table] of Object.entries(readScript(sql))) writeFileSync(join(folder, `${name}.csv`), asCsv(table));
  } else {
    const queries = JSON.parse(readFileSync(join(dirname(fileURLToPath(import.meta.url)), "queries.json"), "utf8"));
    process.stdout.write(asText(expected(sql, queries)));
  }
}
