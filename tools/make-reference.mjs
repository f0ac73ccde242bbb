#!/usr/bin/env node
// Write the pages of docs/reference that are tables of the program: errors, settings, commands,
// routes, metrics. tests/cli/reference.test.mjs holds the committed pages to the program.
//   TELAIO=build/telaio node tools/make-reference.mjs
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");

const ask = (telaio, ...words) => {
  const answer = spawnSync(telaio, ["help", ...words, "--json"], { encoding: "utf8", maxBuffer: 1 << 26 });
  if (answer.status !== 0) throw new Error(`telaio help ${words.join(" ")}: ${answer.stderr ?? answer.error}`);
  return JSON.parse(answer.stdout);
};

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ");
const code = (text) => (text ? `\`${cell(text)}\`` : "");
const row = (...cells) => `| ${cells.join(" | ")} |`.replaceAll("|  |", "| |").replaceAll("|  |", "| |");
const table = (heads, rows) => [row(...heads), `|${"---|".repeat(heads.length)}`, ...rows.map((one) => row(...one))].join("\n");
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

const errors = (telaio) => `# Error codes

Every answer that is not a success carries one of these codes; they never change their meaning.
\`telaio help errors --json\` prints the same table.

${table(
  ["code", "HTTP", "exit", "meaning"],
  ask(telaio, "errors").map((e) => [code(e.code), e.status, e.exit, cell(e.meaning)]),
)}
`;

const settings = (telaio) => `# Settings

A setting comes from a flag (\`--name\`), else from the environment (\`TELAIO_NAME\`, dashes as underscores), else from the
file that \`--config\` names (one JSON object), else it has its default. An unknown one is an error. \`telaio serve
--print-settings\` shows each with its origin; those marked "at once" are taken again at SIGHUP.

${table(
  ["setting", "default", "", "what it says"],
  ask(telaio, "settings").map((s) => [code(s.name), code(s.default), s.reloadable ? "at once" : "", cell(s.help)]),
)}
`;

const common = new Set(["data", "store", "config", "tenant", "json", "help", "version"]);

const commandPage = (c) => {
  const options = c.options.filter((o) => !common.has(o.name)).map((o) => [
    code(`--${o.name}${o.argument ? ` ${o.argument}` : ""}`),
    cell(o.help) + (o.repeated ? " (may be given several times)" : ""),
  ]);
  return `## ${["telaio", c.name, c.operands].filter(Boolean).join(" ")}

${c.summary}.
${options.length ? `\n${table(["option", ""], options)}\n` : ""}`;
};

const commands = (telaio) => `# Commands

Options may stand before or after the command and its operands. Every command takes \`--data DIR\`, \`--store URL\`,
\`--config FILE\`, \`--tenant SLUG\`, \`--json\` and \`--help\`. Results go to standard output, everything else to standard
error. Exit status: 0 ok, 1 error, 2 usage, 3 denied, 4 verification failed. \`telaio help COMMAND\` tells more.

${ask(telaio).map(commandPage).join("\n")}`;

const bodies = { none: "", json: "JSON", optional: "JSON, may be missing", stream: "a file" };

const routes = (telaio) => `# Routes

Every route with what it asks of the caller and the query parameters it takes; \`/openapi.json\` says the same of the
caller's own tables. Answers are \`{"success": true, "data": …, "meta": …}\` or \`{"success": false, "error": {…}}\` with a
[code](errors.md). Lists of rows take \`filters\` as an object (\`{"status": "active"}\`) or a tree (\`{"and": [{"field",
"operator", "value"}, …]}\`). Structure is changed by [operations](operations/README.md).

${table(
  ["route", "asks for", "body", "query", ""],
  ask(telaio, "routes").map((r) => [
    code(`${r.method} ${r.path}`), code(r.action), bodies[r.body] ?? cell(r.body),
    r.query.split(" ").map(code).join(" "), cell(sentence(r.summary)),
  ]),
)}
`;

const metrics = () => {
  const source = readFileSync(join(root, "src/observe/metrics.def"), "utf8");
  const rows = [...source.matchAll(/^METRIC\(\w+,\s*"(\w+)",\s*"(\w+)",\s*"([^"]*)"\)/gms)];
  return `# Metrics

What \`GET /metrics\` tells, in Prometheus' text form. Names never change.

${table(["metric", "kind", ""], rows.map(([, name, kind, help]) => [code(name), kind, cell(help)]))}

Besides these, \`telaio_requests_total\` counts answered requests by class of status, and \`telaio_request_seconds\` is a
histogram of the time from a request's first byte to its answer.
`;
};

/** file -> text, of every page. */
export const pages = (telaio) => ({
  "docs/reference/errors.md": errors(telaio),
  "docs/reference/settings.md": settings(telaio),
  "docs/reference/commands.md": commands(telaio),
  "docs/reference/routes.md": routes(telaio),
  "docs/reference/metrics.md": metrics(),
});

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const telaio = process.env.TELAIO ?? join(root, "build/telaio");
  for (const [file, text] of Object.entries(pages(telaio))) writeFileSync(join(root, file), text);
}
