import { describe, expect, it } from 'vitest';
import type { Catalog } from './core';

// Every catalogue of the studio, found by its place: none can be forgotten.
const modules = import.meta.glob<Record<string, Catalog<Record<string, unknown>>>>(
  '../../**/i18n/index.ts',
  { eager: true },
);
const catalogs = Object.entries(modules).map(
  ([file, module]) =>
    [
      file,
      Object.values(module).find(
        (value) => typeof value === 'object' && value !== null && 'en' in value && 'fr' in value,
      ),
    ] as const,
);

function leaves(value: unknown, at = ''): Map<string, unknown> {
  const found = new Map<string, unknown>();
  if (typeof value !== 'object' || value === null) return found.set(at, value);
  for (const [key, inner] of Object.entries(value))
    for (const [path, leaf] of leaves(inner, at ? `${at}.${key}` : key)) found.set(path, leaf);
  return found;
}

const textOf = (leaf: unknown): string => {
  if (typeof leaf === 'function')
    return String((leaf as (...args: unknown[]) => unknown)(2, 'X', 'Y'));
  return String(leaf);
};

describe('catalogues', () => {
  it('are found', () => {
    expect(catalogs.length).toBeGreaterThan(8);
  });
  it.each(catalogs)('%s says everything in every language', (_file, catalog) => {
    if (!catalog) throw new Error('no catalogue exported');
    const english = leaves(catalog.en);
    for (const language of ['it', 'fr'] as const) {
      const other = leaves(catalog[language]);
      expect([...other.keys()].sort()).toEqual([...english.keys()].sort());
      for (const [path, leaf] of other) {
        const text = textOf(leaf);
        // An empty text must be empty in English too.
        if (textOf(english.get(path)) !== '')
          expect(text.trim(), `${language} ${path}`).not.toBe('');
        expect(text, `${language} ${path}`).not.toMatch(/undefined|\[object/);
      }
    }
  });
  it('are translated: few texts are the same as in English', () => {
    let same = 0;
    let all = 0;
    for (const [, catalog] of catalogs) {
      if (!catalog) continue;
      const english = leaves(catalog.en);
      for (const language of ['it', 'fr'] as const)
        for (const [path, leaf] of leaves(catalog[language])) {
          const text = textOf(leaf);
          if (!/\p{L}{4}/u.test(text)) continue;
          all += 1;
          if (text === textOf(english.get(path))) same += 1;
        }
    }
    expect(same / all).toBeLessThan(0.06);
  });
});
