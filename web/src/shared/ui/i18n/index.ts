import { ApiError } from '../../api/client';
import { defineMessages } from '../../i18n/core';
import { en, type UiMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const uiMessages = defineMessages<UiMessages>({ en, it, fr });

/** An error in words: ours for the codes we know, the server's own otherwise. */
export function describeError(m: UiMessages, error: unknown): { title: string; text: string } {
  if (!(error instanceof ApiError)) {
    return { title: m.errorTitle, text: error instanceof Error ? error.message : m.unknownError };
  }
  const known = m.errors[error.code];
  if (known) return { title: known[0], text: known[1] || error.message };
  return { title: m.errorTitle, text: error.message };
}
