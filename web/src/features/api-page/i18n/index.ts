import { defineMessages } from '@/shared/i18n/core';
import { type ApiMessages, en } from './en';
import { fr } from './fr';
import { it } from './it';

export const apiMessages = defineMessages<ApiMessages>({ en, it, fr });
