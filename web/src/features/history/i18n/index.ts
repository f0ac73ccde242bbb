import { defineMessages } from '@/shared/i18n/core';
import { en, type HistoryMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const historyMessages = defineMessages<HistoryMessages>({ en, it, fr });
