import { plural } from '@/shared/i18n/core';
import type { PlanMessages } from './en';

export const fr: PlanMessages = {
  sql: 'Ce qui sera exécuté',
  sqlCount: (n) => plural('fr', n, { one: `${n} instruction`, other: `${n} instructions` }),
  noSql:
    'Rien n’est exécuté dans la base : seuls changent des noms, des règles ou l’ordre dans le studio.',
  risks: 'Risques',
  noRisks: 'Aucun risque trouvé.',
  severity: { info: 'Remarque', warning: 'Avertissement', danger: 'Danger' },
  rewrite: 'réécrit la table',
  rows: (n) => `${n} lignes concernées`,
  undo: {
    free: 'Annulable à tout moment : rien n’est perdu.',
    copy: 'Annulable : les valeurs sont conservées.',
    trash: 'Annulable : ce qui est supprimé va à la corbeille avec ses données.',
    none: 'Ce n’est pas annulable.',
  },
  confirmHazards: 'J’ai lu les risques et je sais que ce n’est pas annulable',
  undone: 'Annulé',
  undoneText: 'La modification a été retirée.',
  undo_: 'Annuler',
  undoTitle: 'Annuler cette modification',
  undoText: 'Exécute les instructions ci-dessous, comme une modification à part.',
  undoAction: 'Annuler la modification',
  planLoading: 'Calcul de ce qui sera exécuté',
};
