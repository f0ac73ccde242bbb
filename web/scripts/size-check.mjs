// Holds the studio to its budget: what index.html loads at once, gzipped, in bytes.
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = fileURLToPath(new URL('../dist/', import.meta.url));
const budget = { js: 250_000, css: 20_000, all: 900_000 };

const size = (path) => gzipSync(readFileSync(dist + path), { level: 9 }).length;
const html = readFileSync(`${dist}index.html`, 'utf8');
const initial = [...html.matchAll(/(?:src|href)="\/([^"]+\.(js|css))"/g)];
const sum = (kind) =>
  initial.filter((match) => match[2] === kind).reduce((total, match) => total + size(match[1]), 0);
const all = readdirSync(dist, { recursive: true })
  .filter((name) => /\.(js|css|html|svg)$/.test(name))
  .reduce((total, name) => total + size(name), 0);

const measured = { js: sum('js'), css: sum('css'), all };
let failed = 0;
for (const [kind, bytes] of Object.entries(measured)) {
  const fits = bytes <= budget[kind];
  if (!fits) failed += 1;
  const kilobytes = (bytes / 1000).toFixed(1);
  process.stdout.write(
    `${fits ? 'ok' : 'TOO LARGE'} ${kind}: ${kilobytes} kB gzip of ${budget[kind] / 1000} kB\n`,
  );
}
process.exitCode = failed ? 1 : 0;
