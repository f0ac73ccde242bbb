import { defineMessages } from '@/shared/i18n/core';
import { en, type JobsMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const jobsMessages = defineMessages<JobsMessages>({ en, it, fr });
