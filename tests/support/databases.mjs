// Databases that exist already, made without Telaio: with the clients of their servers, MongoDB by
// its wire protocol. The servers come from the environment (tests/support/servers starts them); each
// test has a database of its own, which is dropped at its end.
import { spawnSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { connect } from "node:net";
import { join } from "node:path";

const parts = (address) => {
  const [, user = "", password = "", host = "", port = "", database = "", options = ""] =
    /^[a-z]+:\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^:/?]*)(?::(\d+))?\/?([^?]*)\??(.*)$/.exec(address) ?? [];
  const plain = decodeURIComponent;
  return { user: plain(user), password: plain(password), host: plain(host), port, database: plain(database),
    socket: new URLSearchParams(options).get("socket") };
};

const fromEnvironment = (name) => {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: start the servers with tests/support/servers`);
  return value;
};

// The same server, another database.
const addressOf = (base, database) => {
  const [, head, , tail = ""] = /^([a-z]+:\/\/[^/]*)\/?([^?]*)(\?.*)?$/.exec(base);
  return `${head}/${database}${tail}`;
};

const run = (program, args, input, env = {}) => {
  const result = spawnSync(program, args, { input, encoding: "utf8", env: { ...process.env, ...env }, maxBuffer: 1 << 28 });
  if (result.status !== 0) throw new Error(`${program}: ${result.error ?? result.stderr}`);
  return result.stdout;
};

const own = () => `telaio_test_${randomBytes(5).toString("hex")}`;

const postgres = (t) => {
  const base = fromEnvironment("TELAIO_TEST_POSTGRES");
  const { user, password, host, port, database, socket } = parts(base);
  const psql = (name, text) =>
    run("psql", ["-X", "-q", "-At", "-v", "ON_ERROR_STOP=1", "-h", socket ?? host, ...(port ? ["-p", port] : []),
      ...(user ? ["-U", user] : []), "-d", name], text, password ? { PGPASSWORD: password } : {});
  const name = own();
  psql(database || "postgres", `CREATE DATABASE ${name};`);
  t.after(() => psql(database || "postgres", `DROP DATABASE ${name} WITH (FORCE);`));
  return { name, address: addressOf(base, name), sql: (text) => psql(name, text), isSocket: Boolean(socket) };
};

const mariadb = (t) => {
  const base = fromEnvironment("TELAIO_TEST_MARIADB");
  const { user, password, host, port, socket } = parts(base);
  const client = (name, text) =>
    run("mariadb", ["--no-defaults", "--batch", "--skip-column-names", ...(user ? [`-u${user}`] : []),
      ...(socket ? ["-S", socket] : ["-h", host, ...(port ? ["-P", port] : [])]), ...(name ? [name] : [])], text,
    password ? { MYSQL_PWD: password } : {});
  const name = own();
  client("", `CREATE DATABASE ${name} CHARACTER SET utf8mb4;`);
  t.after(() => client("", `DROP DATABASE ${name};`));
  return { name, address: addressOf(base, name), sql: (text) => client(name, text), isSocket: Boolean(socket) };
};

// ---- MongoDB: as much of BSON and of OP_MSG as a few commands need -------------------------------

const element = (type, name, ...bytes) => Buffer.concat([Buffer.from([type]), Buffer.from(`${name}\0`), ...bytes]);

const int32 = (n) => {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(n);
  return bytes;
};

const bson = (doc) => {
  const body = Buffer.concat(Object.entries(doc).filter(([, value]) => value !== undefined).map(([name, value]) => {
    if (typeof value === "string") return element(2, name, int32(Buffer.byteLength(value) + 1), Buffer.from(`${value}\0`));
    if (typeof value === "boolean") return element(8, name, Buffer.from([value ? 1 : 0]));
    if (value === null) return element(10, name);
    if (Number.isInteger(value)) return element(16, name, int32(value));
    if (Array.isArray(value)) return element(4, name, bson({ ...value }));
    return element(3, name, bson(value));
  }));
  return Buffer.concat([int32(body.length + 5), body, Buffer.from([0])]);
};

// "ok" of the answer: a double at the top of the document.
const isOk = (answer) => {
  const at = answer.indexOf(Buffer.from("\x01ok\0", "latin1"));
  return at >= 0 && answer.readDoubleLE(at + 4) === 1;
};

const command = ({ host, port }, doc) =>
  new Promise((done, fail) => {
    const body = bson(doc);
    const header = Buffer.alloc(21);
    header.writeInt32LE(body.length + 21, 0);
    header.writeInt32LE(1, 4);
    header.writeInt32LE(2013, 12);
    const socket = connect(Number(port || 27017), host, () => socket.write(Buffer.concat([header, body])));
    let answer = Buffer.alloc(0);
    socket.on("error", fail);
    socket.on("data", (bytes) => {
      answer = Buffer.concat([answer, bytes]);
      if (answer.length < 4 || answer.length < answer.readInt32LE(0)) return;
      socket.destroy();
      if (isOk(answer)) done(answer);
      else fail(new Error(`${Object.keys(doc)[0]}: ${answer.toString("latin1").replace(/[^ -~]+/g, " ")}`));
    });
  });

const mongodb = (t) => {
  const base = fromEnvironment("TELAIO_TEST_MONGODB_URI");
  const at = parts(base);
  const name = own();
  const send = (doc) => command(at, { ...doc, $db: name });
  t.after(() => send({ dropDatabase: 1 }));
  return { name, address: addressOf(base, name), command: send, isSocket: false };
};

const sqlite = (t, folder) => {
  const name = `${own()}.db`;
  const file = join(folder, name);
  return { name, address: `sqlite:${file}`, sql: (text) => run("sqlite3", [file], text), isSocket: false };
};

// A database of its own for the test @t. @folder: where a file may be (sqlite).
export const databases = { sqlite, postgresql: postgres, mariadb, mongodb };
