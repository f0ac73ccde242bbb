// What the command line says of itself, and how it answers what it does not understand.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, run, temporaryFolder } from "../support/telaio.mjs";

const commands = JSON.parse(run(["help", "--json"]).stdout);

test("every command has a help page that names each of its options", () => {
  assert.ok(commands.length > 20);
  for (const command of commands) {
    const words = command.name.split(" ");
    const page = run(["help", ...words]);
    assert.equal(page.status, 0, command.name);
    assert.match(page.stdout, new RegExp(`^usage: telaio ${command.name}\\b`));
    assert.ok(page.stdout.includes(command.summary), command.name);
    for (const option of command.options) {
      assert.ok(page.stdout.includes(`--${option.name}`), `${command.name} --${option.name}`);
    }
    const flag = run([...words, "--help"]);
    assert.deepEqual([flag.status, flag.stdout], [0, page.stdout], command.name);
    const before = run(["--help", ...words]);
    assert.deepEqual([before.status, before.stdout], [0, page.stdout], command.name);
  }
});

test("the first word of two lists what can follow", () => {
  for (const noun of ["user", "tenant", "token", "migrate", "schema"]) {
    const page = run(["help", noun]);
    assert.equal(page.status, 0, noun);
    for (const command of commands.filter((c) => c.name.startsWith(`${noun} `))) {
      assert.ok(page.stdout.includes(command.name), command.name);
    }
    const alone = run([noun]);
    assert.equal(alone.status, 2, noun);
    assert.equal(alone.stdout, "");
  }
});

test("what is not understood goes to stderr with status 2 and names the word", () => {
  const cases = [
    [[], /which command/],
    [["frobnicate"], /"frobnicate"/],
    [["user", "frobnicate"], /"user frobnicate"/],
    [["help", "frobnicate"], /"frobnicate"/],
    [["user", "list", "--nope"], /"--nope"/],
    [["user", "list", "--workers", "3"], /"--workers"/],
    [["user", "list", "-x"], /"-x"/],
    [["user", "list", "superfluous"], /"superfluous"/],
    [["user", "list", "--json", "--json"], /--json is given twice/],
    [["import", "only-one"], /operand is missing/],
    [["tenant", "add"], /operand is missing/],
    [["serve", "--workers"], /--workers needs a value/],
    [["serve", "--workers", "many", "--print-settings"], /"workers".*"many"/],
    [["serve", "--group-commit", "maybe", "--print-settings"], /"group-commit".*"maybe"/],
    [["completion", "csh"], /"csh"/],
    [["user", "add"], /--email/],
  ];
  for (const [args, said] of cases) {
    const result = run(args);
    assert.equal(result.status, 2, `${args.join(" ")}: ${result.stderr}`);
    assert.equal(result.stdout, "", args.join(" "));
    assert.match(result.stderr, said, args.join(" "));
  }
});

test("with --json errors are JSON on stderr", () => {
  const result = run(["frobnicate", "--json"]);
  assert.equal(result.status, 2);
  const { error } = JSON.parse(result.stderr);
  assert.equal(error.code, "usage");
  assert.ok(error.message.includes("frobnicate") && error.hint);
});

test("the tables of help: errors, settings, routes", () => {
  const errors = JSON.parse(run(["help", "errors", "--json"]).stdout);
  assert.deepEqual(Object.keys(errors[0]), ["code", "status", "exit", "meaning"]);
  assert.ok(errors.every((e) => e.code && e.status >= 400 && [1, 2, 3, 4].includes(e.exit)));
  const settings = JSON.parse(run(["help", "settings", "--json"]).stdout);
  const printed = JSON.parse(run(["serve", "--print-settings", "--json"]).stdout);
  assert.deepEqual(settings.map((s) => s.name), printed.map((s) => s.name));
  const routes = JSON.parse(run(["help", "routes", "--json"]).stdout);
  assert.ok(routes.some((r) => r.method === "POST" && r.path === "/api/db-editor/tables" && r.action && r.summary));
  for (const topic of ["errors", "settings", "routes"]) {
    assert.ok(run(["help", topic]).stdout.split("\n").length > 10, topic);
  }
});

test("a data folder that is not there is an error, and is not made", (t) => {
  const missing = join(temporaryFolder(t), "none");
  for (const args of [
    ["user", "list"], ["tenant", "list"], ["token", "list"], ["export", "t"], ["import", "t", "f.csv"], ["doctor"],
    ["backup", `${missing}-backup`], ["schema", "inspect"], ["migrate", "status", "--system"],
  ]) {
    const result = run([...args, "--data", missing]);
    assert.equal(result.status, 1, `${args.join(" ")}: ${result.stderr}`);
    assert.match(result.stderr, /no data folder/);
    assert.equal(spawnSync("ls", [missing]).status, 2, args.join(" "));
  }
});

test("settings that are refused: unknown, out of range, of the wrong kind, in each place", (t) => {
  const file = join(temporaryFolder(t), "settings.json");
  for (const content of ['{"nonsense": 1}', '{"workers": 0}', '{"workers": [1]}', '{"workers": "x"}', "[]", "{", '{"workers": 1, "workers": 2}']) {
    writeFileSync(file, content);
    const result = run(["serve", "--print-settings", "--config", file]);
    assert.equal(result.status, 2, `${content}: ${result.stderr}`);
    assert.equal(result.stdout, "");
  }
  assert.equal(run(["serve", "--print-settings", "--config", `${file}.none`]).status, 1);
  assert.equal(run(["serve", "--print-settings"], { env: { TELAIO_NONSENSE: "1" } }).status, 2);
  assert.equal(run(["serve", "--print-settings"], { env: { TELAIO_WORKERS: "0" } }).status, 2);
  assert.equal(run(["serve", "--log-level", "loud", "--data", temporaryFolder(t)]).status, 2);
});

test("a data folder of somebody else is denied", { skip: process.getuid() !== 0 && "needs root to become another user" }, (t) => {
  const folder = join(temporaryFolder(t), "data");
  mkdirSync(folder, { mode: 0o700 });
  // the folder around it is ours alone too, so the file of the program is reached by its descriptor
  const result = spawnSync("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", binary, "doctor", "--data", folder], {
    encoding: "utf8",
    env: { ...process.env, ASAN_OPTIONS: "detect_leaks=0" },
  });
  if (result.status === 127 || /No such file|Permission denied/.test(result.stderr) && !/telaio:/.test(result.stderr)) {
    t.skip("another user cannot run the program here");
    return;
  }
  assert.equal(result.status, 3, result.stderr);
});

test("completions are scripts that their shells take", (t) => {
  const folder = temporaryFolder(t);
  for (const shell of ["bash", "zsh", "fish"]) {
    const file = join(folder, shell);
    const script = run(["completion", shell]);
    assert.equal(script.status, 0);
    writeFileSync(file, script.stdout);
    if (spawnSync("which", [shell]).status === 0) {
      const checked = spawnSync(shell, ["-n", file], { encoding: "utf8" });
      assert.equal(checked.status, 0, checked.stderr);
    }
  }
  const complete = (...words) => {
    const program = `source ${join(folder, "bash")}; COMP_WORDS=(telaio ${words.map((w) => `'${w}'`).join(" ")}); COMP_CWORD=${words.length}; _telaio; printf '%s\\n' "\${COMPREPLY[@]}"`;
    return spawnSync("bash", ["-c", program], { encoding: "utf8" }).stdout.trim().split("\n");
  };
  assert.deepEqual(complete("us"), ["user"]);
  assert.deepEqual(complete("user", "pass"), ["passwd"]);
  assert.deepEqual(complete("--data", "x", "user", "ad"), ["add"]);
  assert.deepEqual(complete("user", "add", "--em"), ["--email"]);
  assert.ok(complete("serve", "--print").includes("--print-settings"));
  assert.ok(!complete("user", "list", "--").includes("--workers"));
});
