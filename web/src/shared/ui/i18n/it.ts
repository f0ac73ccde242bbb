import type { UiMessages } from './en';

export const it: UiMessages = {
  close: 'Chiudi',
  cancel: 'Annulla',
  retry: 'Riprova',
  loading: 'Caricamento',
  requestId: 'Richiesta',
  copy: 'Copia',
  copied: 'Copiato',
  copyByHand: 'Premi Ctrl+C per copiare',
  undo: 'Annulla',
  optional: 'facoltativo',
  errorTitle: 'Non ha funzionato',
  unknownError: 'È successo qualcosa di inatteso.',
  errors: {
    offline: ['Il server non risponde', 'Controlla la connessione; niente è stato modificato.'],
    unauthenticated: ['Sessione terminata', 'Accedi di nuovo per continuare.'],
    invalid_credentials: ['Credenziali non valide', 'E-mail e password non corrispondono.'],
    locked_out: ['Troppi tentativi', 'Attendi un momento e riprova.'],
    rate_limited: ['Troppe richieste', 'Attendi un momento e riprova.'],
    forbidden: ['Non puoi farlo', 'Chiedi il permesso a un amministratore.'],
    csrf_failed: ['La pagina non è aggiornata', 'Ricarica la pagina e riprova.'],
    not_found: ['Non trovato', 'Non esiste più, oppure non puoi vederlo.'],
    stale_plan: [
      'Lo schema è cambiato nel frattempo',
      'Guarda la nuova anteprima e applica di nuovo.',
    ],
    precondition_failed: [
      'Qualcun altro l’ha modificato',
      'Ricarica per vedere i valori più recenti.',
    ],
    unique_violation: ['Valore già presente', 'La colonna accetta ogni valore una sola volta.'],
    foreign_key_violation: [
      'Una relazione lo impedisce',
      'Una riga fa riferimento a questa, o la riga indicata manca.',
    ],
    undo_expired: ['Troppo tardi per annullare', 'I dati conservati sono stati eliminati.'],
    unavailable: ['Il server è occupato', 'Riprova tra un momento.'],
    busy: ['Il server è occupato', 'Riprova tra un momento.'],
    too_large: ['È troppo grande', ''],
  },
};
