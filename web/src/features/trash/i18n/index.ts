import { defineMessages } from '@/shared/i18n/core';
import { en, type TrashMessages } from './en';
import { fr } from './fr';
import { it } from './it';

export const trashMessages = defineMessages<TrashMessages>({ en, it, fr });
