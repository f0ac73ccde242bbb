import type { SessionMessages } from './en';

export const it: SessionMessages = {
  signIn: 'Accedi',
  signInTitle: 'Bentornato',
  signInText: 'Accedi alla tua area di lavoro.',
  email: 'E-mail',
  password: 'Password',
  passwordAgain: 'Ripeti la password',
  passwordHint: 'Almeno 8 caratteri. Vanno bene alcune parole a caso.',
  passwordMismatch: 'Le due password sono diverse.',
  setupTitle: 'Configura Telaio',
  setupText: 'Crea l’account proprietario. Può fare tutto, quindi scegli una buona password.',
  setupDoneTitle: 'Niente da configurare qui',
  setupDoneText: 'Il link è già stato usato o è scaduto, e l’installazione ha già un proprietario.',
  setupBadTitle: 'Questo link non funziona',
  setupBadText:
    'È scritto male, già usato o più vecchio di un giorno. Il server ne stampa uno nuovo a ogni avvio senza proprietario.',
  sample: 'Aggiungi un’area di esempio',
  sampleHint: 'Un piccolo negozio inventato con tabelle collegate e 5.000 righe per provare.',
  create: 'Crea l’account',
};
