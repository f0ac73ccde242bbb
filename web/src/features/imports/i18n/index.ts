import { defineMessages } from '@/shared/i18n/core';
import { en, type ImportMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const importMessages = defineMessages<ImportMessages>({ en, it, fr });
