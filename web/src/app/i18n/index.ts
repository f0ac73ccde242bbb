import { defineMessages } from '@/shared/i18n/core';
import { type AppMessages, en } from './en';
import { fr } from './fr';
import { it } from './it';

export const appMessages = defineMessages<AppMessages>({ en, it, fr });
