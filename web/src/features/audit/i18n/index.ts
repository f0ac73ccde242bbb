import { defineMessages } from '@/shared/i18n/core';
import { type AuditMessages, en } from './en';
import { fr } from './fr';
import { it } from './it';

export const auditMessages = defineMessages<AuditMessages>({ en, it, fr });
