import type { JobsMessages } from './en';

export const fr: JobsMessages = {
  title: 'Tâches',
  intro: 'Les longs travaux se poursuivent ici, même si vous quittez leur page.',
  empty: 'Aucune tâche',
  emptyText: 'Les longs travaux apparaissent ici pendant leur durée, et quelque temps après.',
  kind: 'Tâche',
  state: 'État',
  progress: 'Avancement',
  started: 'Commencée',
  finished: 'Terminée',
  actions: 'Actions',
  cancel: 'Interrompre',
  cancelOf: (name) => `Interrompre ${name}`,
  cancelled: 'La tâche s’arrête',
  states: {
    queued: 'En attente',
    pending: 'En attente',
    running: 'En cours',
    done: 'Terminée',
    succeeded: 'Terminée',
    completed: 'Terminée',
    failed: 'Échouée',
    cancelled: 'Interrompue',
    canceled: 'Interrompue',
  },
};
