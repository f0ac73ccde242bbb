import { plural } from '@/shared/i18n/core';
import type { PlanMessages } from './en';

export const it: PlanMessages = {
  sql: 'Che cosa verrà eseguito',
  sqlCount: (n) => plural('it', n, { one: '1 istruzione', other: `${n} istruzioni` }),
  noSql: 'Nel database non viene eseguito nulla: cambiano solo nomi, regole o ordine nello studio.',
  risks: 'Rischi',
  noRisks: 'Nessun rischio trovato.',
  severity: { info: 'Nota', warning: 'Avviso', danger: 'Pericolo' },
  rewrite: 'riscrive la tabella',
  rows: (n) => `${n} righe interessate`,
  undo: {
    free: 'Si può annullare in ogni momento: non si perde nulla.',
    copy: 'Si può annullare: i valori vengono conservati.',
    trash: 'Si può annullare: ciò che si elimina va nel cestino con i suoi dati.',
    none: 'Non si può annullare.',
  },
  confirmHazards: 'Ho letto i rischi e so che non si può annullare',
  undone: 'Annullato',
  undoneText: 'La modifica è stata ritirata.',
  undo_: 'Annulla',
  undoTitle: 'Annullare questa modifica',
  undoText: 'Esegue le istruzioni qui sotto, come una modifica a sé.',
  undoAction: 'Annulla la modifica',
  planLoading: 'Calcolo di ciò che verrà eseguito',
};
