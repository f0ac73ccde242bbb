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
  findings: {
    BC001: {
      text: (a, b) =>
        b
          ? `Les programmes qui utilisent « ${a} » de « ${b} » cessent de fonctionner.`
          : `Les programmes qui utilisent la table sous le nom « ${a} » cessent de fonctionner.`,
      hint: 'Prévenez ceux qui utilisent l’API. Le nom affiché peut changer sans cela.',
    },
    BC004: {
      text: (a, b) =>
        `Les programmes qui insèrent dans « ${a} » sans « ${b} » reçoivent désormais une erreur.`,
      hint: 'Donnez une valeur par défaut à la colonne.',
    },
    CS001: {
      text: (a, b) =>
        `Les suppressions dans « ${a} » échoueraient : « ${b} » est obligatoire et ne peut être vidée.`,
      hint: 'Permettez que la colonne soit vide, ou choisissez une autre action.',
    },
    CS003: {
      text: (a, b) => `Supprimer une ligne de « ${a} » supprime aussi ses lignes de « ${b} ».`,
      hint: '« Refuser » les garde et refuse la suppression.',
    },
    CS004: {
      text: (a, b, c) =>
        `Chaque suppression dans « ${a} » lit tout « ${b} » : « ${c} » n’a pas d’index.`,
      hint: 'Ajoutez un index sur la colonne.',
    },
    CS007: {
      text: (a) => `L’index « ${a} » fait déjà ce que ferait celui-ci.`,
      hint: 'Vous pouvez vous en passer.',
    },
    DD001: {
      text: (a, b) =>
        `Des lignes de « ${a} » n’auraient pas de valeur dans la colonne obligatoire « ${b} ».`,
      hint: 'Donnez-lui une valeur par défaut, ou permettez qu’elle soit vide.',
    },
    DD002: {
      text: (a) => `Des lignes de « ${a} » répètent ce qu’a une autre ligne.`,
      hint: 'Modifiez ou retirez d’abord les lignes répétées.',
    },
    DL001: {
      text: (a) => `« ${a} » est supprimée avec ses lignes.`,
      hint: 'L’annulation les ramène tant que la corbeille n’est pas vidée.',
    },
    DL002: {
      text: (a, b) => `Des lignes de « ${a} » ont une valeur dans « ${b} ».`,
      hint: 'L’annulation ramène les valeurs tant que la corbeille n’est pas vidée.',
    },
    DL009: {
      text: (a, b) => `« ${a} » se réfère à « ${b} » : ses lignes ne pourraient plus être écrites.`,
      hint: 'Supprimez d’abord la clé étrangère.',
    },
    DL012: {
      text: (a, b, c) =>
        c
          ? `Le déclencheur « ${a} » de « ${b} » utilise « ${c} ».`
          : `La vue « ${a} » utilise « ${b} ».`,
      hint: 'Changez-le d’abord, ou dans la même modification.',
    },
    DL013: {
      text: (a, b) =>
        `Sans « ${a} », les lignes de « ${b} » peuvent se répéter, ou se trouvent plus lentement.`,
      hint: 'Gardez un index qui fait de même.',
    },
    DL014: {
      text: () => 'Ce n’est pas annulable.',
      hint: 'Rien n’est gardé de ce qui disparaît.',
    },
    LK003: {
      text: (a) => `Créer l’index lit tout « ${a} » ; qui écrit attend pendant ce temps.`,
      hint: 'Faites-le à une heure calme.',
    },
    LK015: {
      text: (a) =>
        `Tout « ${a} » est réécrit ; qui écrit attend pendant ce temps, et le disque a besoin de place pour une seconde copie.`,
      hint: 'Réunissez plusieurs modifications d’une table en une seule, à une heure calme.',
    },
    NM002: {
      text: (a) =>
        `« ${a} » est un mot-clé de SQL : il faut des guillemets dans chaque instruction.`,
      hint: 'Choisissez un autre nom ; le nom affiché peut être quelconque.',
    },
    TY002: {
      text: (a, b) =>
        `La clé « ${a} » de « ${b} » est trop courte pour un très grand nombre de lignes.`,
      hint: 'Utilisez bigint ou uuid.',
    },
  },
  confirmHazards: 'J’ai lu les risques et je sais que ce n’est pas annulable',
  undone: 'Annulé',
  undoneText: 'La modification a été retirée.',
  undo_: 'Annuler',
  undoTitle: 'Annuler cette modification',
  undoText: 'Exécute les instructions ci-dessous, comme une modification à part.',
  undoAction: 'Annuler la modification',
  running: 'La modification est en cours',
  runningText: 'Cela se poursuit même si vous quittez cette page.',
  runningLink: 'Voir toutes les tâches',
  planLoading: 'Calcul de ce qui sera exécuté',
};
