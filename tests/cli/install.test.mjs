// What `make install` puts where, and that each piece is one its reader understands.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { binary, repository, run, temporaryFolder } from "../support/telaio.mjs";

const has = (program) => spawnSync("which", [program]).status === 0;

const install = (t, env = {}) => {
  const build = temporaryFolder(t);
  const destination = join(temporaryFolder(t), "root");
  symlinkSync(binary, join(build, "telaio"));
  const result = spawnSync(join(repository, "tools/install"), [build], { encoding: "utf8", env: { ...process.env, DESTDIR: destination, ...env } });
  assert.equal(result.status, 0, result.stderr);
  return { destination, listed: result.stdout.trim().split("\n") };
};

test("program, manual page, completions and unit are put below DESTDIR", (t) => {
  const { destination, listed } = install(t);
  const modes = {
    "usr/local/bin/telaio": 0o755,
    "usr/local/share/man/man1/telaio.1.gz": 0o644,
    "usr/local/share/bash-completion/completions/telaio": 0o644,
    "usr/local/share/zsh/site-functions/_telaio": 0o644,
    "usr/local/share/fish/vendor_completions.d/telaio.fish": 0o644,
    "usr/local/lib/systemd/system/telaio.service": 0o644,
  };
  for (const [path, mode] of Object.entries(modes)) {
    assert.equal(statSync(join(destination, path)).mode & 0o777, mode, path);
  }
  assert.deepEqual(listed.sort(), Object.keys(modes).map((path) => join(destination, path)).sort());
  const version = spawnSync(join(destination, "usr/local/bin/telaio"), ["--version"], { encoding: "utf8" });
  assert.match(version.stdout, /^telaio \d/, version.stderr);
  const unit = readFileSync(join(destination, "usr/local/lib/systemd/system/telaio.service"), "utf8");
  assert.match(unit, /^ExecStart=\/usr\/local\/bin\/telaio serve /m);
  const other = install(t, { PREFIX: "/usr" }).destination;
  assert.ok(existsSync(join(other, "usr/bin/telaio")) && !existsSync(join(other, "usr/local")));
});

test("the manual page renders without a complaint and holds every command", { skip: !has("groff") && "no groff" }, () => {
  const page = run(["help", "--man"]).stdout;
  const shown = spawnSync("groff", ["-man", "-Tutf8", "-ww", "-b"], { input: page, encoding: "utf8" });
  assert.equal(shown.status, 0);
  assert.equal(shown.stderr, "");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the terminal's own
  const text = shown.stdout.replace(/\u001b\[[0-9;]*m/g, "").replace(/.\u0008/g, "").replace(/[\u2010\u2212]/g, "-");
  for (const command of JSON.parse(run(["help", "--json"]).stdout)) {
    assert.ok(text.includes(command.name), command.name);
  }
  for (const word of ["NAME", "SYNOPSIS", "COMMANDS", "SETTINGS", "EXIT STATUS", "--password-stdin", "max-body-bytes"]) {
    assert.ok(text.includes(word), word);
  }
});

test("systemd takes the unit and finds it well shut", { skip: !has("systemd-analyze") && "no systemd" }, (t) => {
  const { destination } = install(t);
  const unit = join(destination, "usr/local/lib/systemd/system/telaio.service");
  const checked = spawnSync("systemd-analyze", ["security", "--offline=true", "--no-pager", unit], { encoding: "utf8" });
  const level = /exposure level for telaio\.service: ([0-9.]+)/.exec(checked.stdout + checked.stderr);
  assert.ok(level, checked.stdout + checked.stderr);
  assert.ok(Number(level[1]) < 2.5, level[0]);
});
