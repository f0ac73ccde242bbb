import { defineMessages } from '@/shared/i18n/core';
import { type AdminMessages, en } from './en';
import { fr } from './fr';
import { it } from './it';

export const adminMessages = defineMessages<AdminMessages>({ en, it, fr });
