// The reference pages say what the program says.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pages } from "../../tools/make-reference.mjs";
import { binary, Client, repository, Server, temporaryFolder } from "../support/telaio.mjs";

for (const [file, text] of Object.entries(pages(binary))) {
  test(`${file} is what tools/make-reference.mjs writes`, () => {
    assert.equal(readFileSync(join(repository, file), "utf8"), text);
  });
}

test("every metric that is told is on its page", async (t) => {
  const server = await new Server({ folder: temporaryFolder(t) }).start();
  t.after(() => server.stop());
  const page = readFileSync(join(repository, "docs/reference/metrics.md"), "utf8");
  const { text } = await new Client(server.url).get("/metrics");
  const told = [...text.matchAll(/^# TYPE (\w+)/gm)].map((m) => m[1]);
  assert.ok(told.length > 10, text);
  for (const name of told) assert.ok(page.includes(`\`${name}\``), name);
  for (const [, name] of page.matchAll(/`(telaio_\w+)`/g)) assert.ok(told.includes(name), name);
});
