import { defineMessages } from '@/shared/i18n/core';
import { type DesignerMessages, en } from './en';
import { fr } from './fr';
import { it } from './it';

export const designerMessages = defineMessages<DesignerMessages>({ en, it, fr });
