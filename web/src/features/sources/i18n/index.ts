import { defineMessages } from '@/shared/i18n/core';
import { en, type SourcesMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const sourcesMessages = defineMessages<SourcesMessages>({ en, it, fr });
