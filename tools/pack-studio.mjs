// Pack web/dist for embedding: gzip and brotli variants, one assembler file with .incbin, one C
// table sorted by path. The same input gives the same bytes; files are written only on difference.
//   node tools/pack-studio.mjs DIST OUT
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const [dist, out] = process.argv.slice(2).map((p) => resolve(p));
const worthwhile = 0.95; // a variant that saves less than 5 % is left out

const mediaTypes = {
  css: "text/css; charset=utf-8",
  html: "text/html; charset=utf-8",
  ico: "image/x-icon",
  js: "text/javascript; charset=utf-8",
  json: "application/json",
  map: "application/json",
  png: "image/png",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
  webmanifest: "application/manifest+json",
  woff2: "font/woff2",
};

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? walk(join(folder, entry.name)) : [join(folder, entry.name)],
  );

const writeIfNew = (path, bytes) => {
  if (!existsSync(path) || !readFileSync(path).equals(Buffer.from(bytes))) {
    writeFileSync(path, bytes);
  }
};

const gzip = (bytes) => {
  const packed = gzipSync(bytes, { level: 9 });
  packed.fill(0, 4, 8); // modification time
  packed[9] = 255; // operating system: unknown
  return packed;
};

const brotli = (bytes) =>
  brotliCompressSync(bytes, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 11,
      [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
    },
  });

const files = walk(dist)
  .map((path) => ({ path: "/" + relative(dist, path).replaceAll("\\", "/"), bytes: readFileSync(path) }))
  .filter((file) => !file.path.endsWith(".map"))
  .sort((a, b) => (a.path < b.path ? -1 : a.path > b.path ? 1 : 0));

rmSync(join(out, ".stamp"), { force: true });
mkdirSync(out, { recursive: true });
const assembler = ['    .section .rodata, "a"'];
const rows = [];
const symbols = [];
const blob = (name, bytes) => {
  const path = join(out, name + ".bin");
  writeIfNew(path, bytes);
  assembler.push(`    .globl ${name}`, `    .balign 16`, `${name}:`, `    .incbin "${path}"`);
  symbols.push(`extern const unsigned char ${name}[];`);
  return `${name}, ${bytes.length}`;
};

files.forEach((file, index) => {
  const digest = createHash("sha256").update(file.bytes).digest("hex").slice(0, 32);
  assembler.push(`    /* ${digest} */`); // changes with its content, as the build looks at this file alone
  const variants = { gzip: gzip(file.bytes), brotli: brotli(file.bytes) };
  const keep = (bytes) => bytes.length < file.bytes.length * worthwhile;
  const type = mediaTypes[file.path.split(".").pop()] ?? "application/octet-stream";
  const immutable = /-[A-Za-z0-9_-]{8,}\.[a-z0-9]+$/.test(file.path) && file.path.startsWith("/assets/");
  rows.push(
    `    {${JSON.stringify(file.path)}, ${JSON.stringify(type)}, "${digest}", ${immutable},\n` +
      `     {${blob(`studio_${index}_raw`, file.bytes)}},\n` +
      `     {${keep(variants.gzip) ? blob(`studio_${index}_gz`, variants.gzip) : "NULL, 0"}},\n` +
      `     {${keep(variants.brotli) ? blob(`studio_${index}_br`, variants.brotli) : "NULL, 0"}}},`,
  );
});
assembler.push('    .section .note.GNU-stack, "", %progbits', "");

writeIfNew(join(out, "studio.S"), assembler.join("\n"));
writeIfNew(
  join(out, "studio_table.inc"),
  `/* Made by tools/pack-studio.mjs; sorted by path. */\n${symbols.join("\n")}\n\n` +
    `static const struct static_file files[] = {\n${rows.join("\n")}\n};\n`,
);
