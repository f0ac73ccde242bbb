import { defineMessages } from '@/shared/i18n/core';
import { en, type GridMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const gridMessages = defineMessages<GridMessages>({ en, it, fr });
