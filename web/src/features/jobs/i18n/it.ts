import type { JobsMessages } from './en';

export const it: JobsMessages = {
  title: 'Lavori',
  intro: 'I lavori lunghi proseguono qui, anche se lasci la loro pagina.',
  empty: 'Nessun lavoro',
  emptyText: 'I lavori lunghi compaiono qui mentre sono in corso e ancora per un po’.',
  kind: 'Lavoro',
  state: 'Stato',
  progress: 'Avanzamento',
  started: 'Iniziato',
  finished: 'Finito',
  actions: 'Azioni',
  cancel: 'Interrompi',
  cancelOf: (name) => `Interrompi ${name}`,
  cancelled: 'Il lavoro si sta fermando',
  states: {
    queued: 'In attesa',
    pending: 'In attesa',
    running: 'In corso',
    done: 'Finito',
    succeeded: 'Finito',
    completed: 'Finito',
    failed: 'Fallito',
    cancelled: 'Interrotto',
    canceled: 'Interrotto',
  },
};
