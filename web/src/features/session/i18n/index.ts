import { defineMessages } from '@/shared/i18n/core';
import { en, type SessionMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const sessionMessages = defineMessages<SessionMessages>({ en, it, fr });
