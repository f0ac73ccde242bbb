import { useSyncExternalStore } from 'react';

export const languages = ['en', 'it', 'fr'] as const;
export type Language = (typeof languages)[number];
export const languageNames: Record<Language, string> = {
  en: 'English',
  it: 'Italiano',
  fr: 'Français',
};

/** One object per language; English is the type, so a missing message fails the type check. */
export type Catalog<M> = Record<Language, M>;

export function defineMessages<M>(catalog: Catalog<M>): Catalog<M> {
  return catalog;
}

const storageKey = 'telaio.language';
const listeners = new Set<() => void>();

function isLanguage(value: string | null | undefined): value is Language {
  return languages.includes(value as Language);
}

function readStored(): string | null {
  try {
    return localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export function pickLanguage(stored: string | null, wanted: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  for (const tag of wanted) {
    const short = tag.slice(0, 2).toLowerCase();
    if (isLanguage(short)) return short;
  }
  return 'en';
}

/**
 * The language with the region a person lives in, where the browser tells: an English page in
 * Rome or London writes 26 Nov and 14:30, not Nov 26 and 2:30 PM.
 */
export function localeOf(
  language: string,
  wanted: readonly string[] = globalThis.navigator?.languages ?? [],
): string {
  return wanted.find((tag) => tag.toLowerCase().startsWith(`${language}-`)) ?? language;
}

let current: Language = pickLanguage(readStored(), globalThis.navigator?.languages ?? []);
if (typeof document !== 'undefined') document.documentElement.lang = current;

export function getLanguage(): Language {
  return current;
}

export function setLanguage(language: Language): void {
  current = language;
  document.documentElement.lang = language;
  try {
    localStorage.setItem(storageKey, language);
  } catch {
    // the choice lasts for this page only
  }
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLanguage(): Language {
  return useSyncExternalStore(subscribe, getLanguage);
}

/** The messages of a feature in the current language: `const m = useMessages(tablesMessages)`. */
export function useMessages<M>(catalog: Catalog<M>): M {
  return catalog[useLanguage()];
}

/** The same outside React (shortcuts, downloads). */
export function messagesOf<M>(catalog: Catalog<M>): M {
  return catalog[current];
}

/** Picks a plural form: plural('it', n, { one: '1 riga', other: '5 righe' }). */
export function plural(
  language: Language,
  count: number,
  forms: { zero?: string; one: string; many?: string; other: string },
): string {
  if (count === 0 && forms.zero !== undefined) return forms.zero;
  const rule = new Intl.PluralRules(language).select(count);
  if (rule === 'one') return forms.one;
  if (rule === 'many' && forms.many !== undefined) return forms.many;
  return forms.other;
}
