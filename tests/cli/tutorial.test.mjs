// The tutorial runs as it is written, and prints what it says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync, symlinkSync } from "node:fs";
import { delimiter, join } from "node:path";
import { test } from "node:test";
import { binary, repository, temporaryFolder } from "../support/telaio.mjs";

const blocks = (page, kind) => [...page.matchAll(new RegExp(`^\`\`\`${kind}\\n([^]*?)^\`\`\``, "gm"))].map((m) => m[1]);

test("docs/tutorials/from-nothing-to-an-api.md does what it says", (t) => {
  const page = readFileSync(join(repository, "docs/tutorials/from-nothing-to-an-api.md"), "utf8");
  const folder = temporaryFolder(t);
  symlinkSync(binary, join(folder, "telaio"));
  const script = ["set -euo pipefail", "trap 'kill ${SERVER:-} 2>/dev/null || true' EXIT", ...blocks(page, "sh")].join("\n");
  const env = { ...process.env, PATH: `${folder}${delimiter}${process.env.PATH}`, TELAIO_PASSWORD_MEMORY_KIB: "64" };
  delete env.TELAIO; // ours; the program knows no such setting
  const answer = spawnSync("bash", ["-c", script], { cwd: folder, env, encoding: "utf8", timeout: 120_000 });
  assert.equal(answer.status, 0, `${answer.stdout}\n${answer.stderr}`);
  let at = 0;
  for (const line of blocks(page, "text").join("").trim().split("\n")) {
    const found = answer.stdout.indexOf(line, at);
    assert.ok(found >= 0, `${line}\nis not behind ${at} of\n${answer.stdout}`);
    at = found + line.length;
  }
});
