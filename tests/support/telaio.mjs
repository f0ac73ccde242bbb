// Actors for tests from outside: a real server process on a free port with a data folder of its
// own, a client that speaks its envelope, and the command line.
import { spawn, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
export const binary = process.env.TELAIO ?? join(root, "build-asan/telaio");
export const dataFolder = process.env.TELAIO_TEST_DATA ?? resolve(root, "../shared/data");
export const hasData = existsSync(dataFolder);
export const repository = root;

// TELAIO_TEST_STORE: the address of a server on which every installation has its store, instead of
// in its data folder; each in a room of its own, which the folder's path names.
export const testStore = process.env.TELAIO_TEST_STORE ?? "";
const prefixOf = (folder) => `t${createHash("sha256").update(resolve(folder)).digest("hex").slice(0, 10)}_`;
export const storeOf = (folder, store = testStore) =>
  store && `${store}${store.includes("?") ? "&" : "?"}prefix=${prefixOf(folder)}`;

// SCHEME://[USER[:PASSWORD]@][HOST[:PORT]][/DATABASE][?OPTION=VALUE&…]
const partsOf = (address) => {
  const [, scheme, user, password, host, port, database, options] =
    /^(\w+):\/\/(?:([^:@/]*)(?::([^@/]*))?@)?([^:/?]*)(?::(\d+))?\/?([^?]*)(?:\?(.*))?$/.exec(address);
  const socket = new URLSearchParams(options).get("socket");
  return { scheme, user, password: decodeURIComponent(password ?? ""), host, port, database, socket };
};

// Statements on a server of databases, by its own client; gives the rows as lines.
export const askServer = (address, text) => {
  const { scheme, user, password, host, port, database, socket } = partsOf(address);
  const toPort = (option) => (port ? [option, port] : []);
  const [command, args] = scheme.startsWith("postgres")
    ? ["psql", ["-XqAt", "-v", "ON_ERROR_STOP=1", "-h", socket ?? host, ...toPort("-p"), "-U", user, "-d", database || "postgres"]]
    : ["mariadb", ["--no-defaults", "-BN", ...(socket ? ["-S", socket] : ["-h", host, ...toPort("-P")]), "-u", user]];
  const asked = spawnSync(command, args, {
    input: text,
    encoding: "utf8",
    env: { ...process.env, PGPASSWORD: password, MYSQL_PWD: password },
  });
  if (asked.status !== 0) throw new Error(`${command}: ${asked.stderr || asked.error}`);
  return asked.stdout.split("\n").filter(Boolean);
};

const dropStore = (folder, store = testStore) => {
  const like = `${prefixOf(folder).replace("_", "\\_")}%`;
  if (store.startsWith("postgres")) {
    const drops = askServer(store, `SELECT format('DROP SCHEMA %I CASCADE;', nspname) FROM pg_namespace WHERE nspname LIKE '${like}'`);
    const roles = askServer(store, `SELECT format('DROP OWNED BY %I; DROP ROLE %I;', rolname, rolname) FROM pg_roles WHERE rolname LIKE '${like}'`);
    for (const drop of [...drops, ...roles]) askServer(store, drop);
  } else {
    const drops = askServer(store, `SELECT concat('DROP DATABASE \`', schema_name, '\`;') FROM information_schema.schemata WHERE schema_name LIKE '${like.replace("\\", "\\\\")}'`);
    askServer(store, drops.join("\n"));
  }
};

export const temporaryFolder = (t, store = testStore) => {
  const folder = mkdtempSync(join(tmpdir(), "telaio-test-"));
  t?.after?.(() => {
    rmSync(folder, { recursive: true, force: true });
    if (store) dropStore(folder, store);
  });
  return folder;
};

// A copy with its permissions, which Node's own cpSync keeps in some versions only.
export const copyFolder = (from, to) => {
  const copied = spawnSync("cp", ["-aT", from, to], { encoding: "utf8" });
  if (copied.status !== 0) throw new Error(`cp ${from} ${to}: ${copied.stderr}`);
};

// Cheap password hashes: tests sign in hundreds of times.
const testEnvironment = { TELAIO_PASSWORD_MEMORY_KIB: "64" };

// Of a command that says which folder, and no store of its own.
const storeEnvironment = (args) => {
  const at = args.indexOf("--data");
  return testStore && at >= 0 ? { TELAIO_STORE: storeOf(args[at + 1]) } : {};
};

export const run = (args, { input, env, timeout = 60_000 } = {}) => {
  const result = spawnSync(binary, args, {
    input: typeof input === "string" ? Buffer.from(input) : input,
    timeout,
    encoding: "buffer",
    maxBuffer: 1 << 30,
    env: { ...process.env, ...testEnvironment, ...storeEnvironment(args), ...env },
  });
  return {
    status: result.status,
    signal: result.signal,
    stdout: result.stdout?.toString("utf8") ?? "",
    stderr: result.stderr?.toString("utf8") ?? "",
  };
};

export class Server {
  constructor({ folder, args = [], env = {} } = {}) {
    this.folder = folder;
    this.args = args;
    this.env = env;
  }

  // Resolves when the line "listening on …" was printed.
  async start() {
    this.output = "";
    this.errors = "";
    const args = ["serve", "--data", this.folder, "--listen", "127.0.0.1:0", ...this.args];
    this.process = spawn(binary, args, {
      env: { ...process.env, ...testEnvironment, ...storeEnvironment(args), ...this.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.exited = new Promise((done) => this.process.on("exit", (code, signal) => done({ code, signal })));
    this.process.stderr.on("data", (bytes) => (this.errors += bytes));
    this.url = await new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no listening line:\n${this.errors}`)), 60_000);
      this.process.stdout.on("data", (bytes) => {
        this.output += bytes;
        const match = /listening on (http:\/\/\S+)/.exec(this.output);
        if (match) {
          clearTimeout(timer);
          done(match[1]);
        }
      });
      this.exited.then(({ code, signal }) => {
        clearTimeout(timer);
        fail(new Error(`ended with ${code ?? signal}:\n${this.errors}`));
      });
    });
    return this;
  }

  // The one-time token of the set-up link, printed on a first start.
  async setupToken() {
    for (let i = 0; i < 100; i++) {
      const match = /\/setup\?token=([A-Za-z0-9_-]+)/.exec(this.output);
      if (match) return match[1];
      await new Promise((done) => setTimeout(done, 20));
    }
    throw new Error(`no set-up link in: ${this.output}`);
  }

  async stop(signal = "SIGTERM") {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill(signal);
    }
    return this.exited;
  }
}

export class Client {
  constructor(url, { token, tenant } = {}) {
    this.url = url;
    this.token = token;
    this.tenant = tenant;
  }

  // body: undefined, a string, a Buffer or anything JSON can say.
  async request(method, path, body, headers = {}) {
    const all = { ...headers };
    if (this.token) all.authorization ??= `Bearer ${this.token}`;
    if (this.tenant) all["x-telaio-tenant"] ??= this.tenant;
    let payload = body;
    if (body !== undefined && typeof body !== "string" && !Buffer.isBuffer(body)) {
      payload = JSON.stringify(body);
      all["content-type"] ??= "application/json";
    }
    const response = await fetch(this.url + path, { method, headers: all, body: payload, redirect: "manual" });
    const text = await response.text();
    let json;
    try {
      json = JSON.parse(text);
    } catch {
      json = undefined;
    }
    return {
      status: response.status,
      headers: response.headers,
      text,
      json,
      data: json?.data,
      meta: json?.meta,
      error: json?.error,
    };
  }

  get(path, headers) {
    return this.request("GET", path, undefined, headers);
  }
  post(path, body, headers) {
    return this.request("POST", path, body, headers);
  }
  put(path, body, headers) {
    return this.request("PUT", path, body, headers);
  }
  patch(path, body, headers) {
    return this.request("PATCH", path, body, headers);
  }
  delete(path, headers) {
    return this.request("DELETE", path, undefined, headers);
  }
}

// Raw bytes on the wire; gives the whole answer.
export const raw = (url, bytes) =>
  new Promise((done, fail) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let answer = "";
    socket.setTimeout(5000, () => socket.destroy());
    socket.on("data", (part) => (answer += part.toString("latin1")));
    socket.on("close", () => done(answer));
    socket.on("error", fail);
  });

export const owner = { email: "owner@example.com", password: "correct horse battery" };

// A running server with an owner; gives {server, client} where the client is signed in as OWNER.
export const startWithOwner = async (t, options = {}) => {
  const folder = options.folder ?? temporaryFolder(t);
  const server = await new Server({ ...options, folder }).start();
  t?.after?.(() => server.stop());
  const anonymous = new Client(server.url);
  const token = await server.setupToken();
  const answer = await anonymous.post("/api/auth/setup", { token, ...owner });
  if (answer.status !== 200 && answer.status !== 201) {
    throw new Error(`set-up answered ${answer.status}: ${answer.text}`);
  }
  return { server, anonymous, client: new Client(server.url, { token: answer.data.token }) };
};

// A user of the given role; gives a signed-in client.
export const addUser = async (client, { email, role = "USER", level, tenant } = {}) => {
  const password = "another good passphrase";
  const made = await client.post("/api/users", {
    email,
    password,
    role,
    permissionLevel: level,
    tenant,
  });
  if (made.status !== 201) throw new Error(`adding ${email} answered ${made.status}: ${made.text}`);
  const login = await new Client(client.url).post("/api/auth/login", { email, password });
  if (login.status !== 200) throw new Error(`login of ${email} answered ${login.status}: ${login.text}`);
  return Object.assign(new Client(client.url, { token: login.data.token }), { user: login.data.user });
};

export const contacts = {
  displayName: "Contacts",
  columns: [
    { name: "email", displayName: "Email", type: "text", nullable: false, unique: true,
      validation: { pattern: "^[^@]+@[^@]+$", minLength: 3, maxLength: 255 } },
    { name: "name", type: "text" },
    { name: "age", type: "number", kind: "integer", validation: { min: 0, max: 150 } },
    { name: "balance", type: "number", kind: "decimal", precision: 12, scale: 2 },
    { name: "active", type: "boolean", defaultValue: true },
    { name: "born", type: "date" },
    { name: "seen", type: "datetime" },
    { name: "tags", type: "json" },
    { name: "stage", type: "enum", values: ["lead", "customer", "lost"], defaultValue: "lead" },
  ],
};
