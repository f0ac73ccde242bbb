import type { UiMessages } from './en';

export const fr: UiMessages = {
  close: 'Fermer',
  cancel: 'Annuler',
  retry: 'Réessayer',
  loading: 'Chargement',
  requestId: 'Requête',
  copy: 'Copier',
  copied: 'Copié',
  copyByHand: 'Appuyez sur Ctrl+C pour copier',
  undo: 'Annuler',
  optional: 'facultatif',
  errorTitle: 'Cela n’a pas fonctionné',
  unknownError: 'Un imprévu est survenu.',
  errors: {
    offline: ['Le serveur est injoignable', 'Vérifiez la connexion ; rien n’a été modifié.'],
    unauthenticated: ['Vous êtes déconnecté', 'Reconnectez-vous pour continuer.'],
    invalid_credentials: [
      'Identifiants incorrects',
      'L’e-mail et le mot de passe ne correspondent pas.',
    ],
    locked_out: ['Trop de tentatives', 'Patientez un peu, puis réessayez.'],
    rate_limited: ['Trop de requêtes', 'Patientez un peu, puis réessayez.'],
    forbidden: ['Vous ne pouvez pas faire cela', 'Demandez l’autorisation à un administrateur.'],
    csrf_failed: ['La page n’est plus à jour', 'Rechargez la page et réessayez.'],
    not_found: ['Introuvable', 'L’élément n’existe plus, ou vous ne pouvez pas le voir.'],
    stale_plan: [
      'Le schéma a changé entre-temps',
      'Regardez le nouvel aperçu, puis appliquez de nouveau.',
    ],
    precondition_failed: [
      'Quelqu’un d’autre l’a modifié',
      'Rechargez pour voir les dernières valeurs.',
    ],
    unique_violation: [
      'Cette valeur existe déjà',
      'La colonne n’accepte chaque valeur qu’une fois.',
    ],
    foreign_key_violation: [
      'Une relation l’interdit',
      'Une ligne fait référence à celle-ci, ou la ligne citée manque.',
    ],
    undo_expired: ['Il est trop tard pour annuler', 'Les données conservées ont été purgées.'],
    unavailable: ['Le serveur est occupé', 'Réessayez dans un instant.'],
    busy: ['Le serveur est occupé', 'Réessayez dans un instant.'],
    too_large: ['C’est trop volumineux', ''],
  },
};
