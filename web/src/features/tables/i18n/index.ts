import { defineMessages } from '@/shared/i18n/core';
import { en, type TablesMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const tablesMessages = defineMessages<TablesMessages>({ en, it, fr });
