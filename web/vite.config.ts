import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import tailwindcss from '@tailwindcss/vite';
import react from '@vitejs/plugin-react';
import type { Plugin } from 'vite';
import { defineConfig } from 'vitest/config';

const compressible = new Set(['.js', '.css', '.html', '.svg', '.json', '.txt', '.webmanifest']);

function listFiles(folder: string): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    return statSync(path).isDirectory() ? listFiles(path) : [path];
  });
}

/**
 * Writes NAME.gz and NAME.br beside every text file of the build, unless the variant saves less
 * than one part in twenty. Same input, same bytes: no times are stored.
 */
function precompress(): Plugin {
  let folder = '';
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(config) {
      folder = join(config.root, config.build.outDir);
    },
    closeBundle() {
      for (const path of listFiles(folder)) {
        if (!compressible.has(extname(path))) continue;
        const raw = readFileSync(path);
        const gz = gzipSync(raw, { level: 9 });
        const br = brotliCompressSync(raw, {
          params: { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_LGWIN]: 22 },
        });
        if (gz.length < raw.length * 0.95) writeFileSync(`${path}.gz`, gz);
        if (br.length < raw.length * 0.95) writeFileSync(`${path}.br`, br);
      }
    },
  };
}

const server = process.env['TELAIO_URL'] ?? 'http://127.0.0.1:5950';

export default defineConfig({
  plugins: [react(), tailwindcss(), precompress()],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  experimental: {
    // index.html names its files from the root, where the server puts its prefix; chunks find each
    // other by relative addresses, so that the studio can live under any prefix.
    renderBuiltUrl(filename, { hostType }) {
      return hostType === 'html' ? `/${filename}` : { relative: true };
    },
  },
  build: {
    target: 'es2022',
    manifest: 'manifest.json',
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 800,
  },
  server: {
    port: 3950,
    proxy: Object.fromEntries(
      ['/api', '/rest', '/openapi.json', '/healthz', '/readyz', '/metrics'].map((path) => [
        path,
        { target: server, changeOrigin: false },
      ]),
    ),
  },
  test: {
    environment: 'happy-dom',
    include: ['src/**/*.test.{ts,tsx}'],
    restoreMocks: true,
  },
});
