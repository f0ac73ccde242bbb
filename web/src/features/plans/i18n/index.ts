import { defineMessages } from '@/shared/i18n/core';
import { en, type PlanMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const planMessages = defineMessages<PlanMessages>({ en, it, fr });
