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
  findings: {
    BC001: {
      text: (a, b) =>
        b
          ? `I programmi che usano «${a}» di «${b}» smettono di funzionare.`
          : `I programmi che usano la tabella col nome «${a}» smettono di funzionare.`,
      hint: 'Avvisa chi usa l’API. Il nome mostrato può cambiare senza tutto questo.',
    },
    BC004: {
      text: (a, b) =>
        `I programmi che inseriscono in «${a}» senza «${b}» da ora ricevono un errore.`,
      hint: 'Dai alla colonna un valore predefinito.',
    },
    CS001: {
      text: (a, b) =>
        `Le eliminazioni in «${a}» fallirebbero: «${b}» è obbligatoria e non si può svuotare.`,
      hint: 'Permetti che la colonna sia vuota, o scegli un’altra azione.',
    },
    CS003: {
      text: (a, b) => `Eliminando una riga di «${a}» si eliminano anche le sue righe di «${b}».`,
      hint: 'Con «Rifiuta» restano, e l’eliminazione viene rifiutata.',
    },
    CS004: {
      text: (a, b, c) => `Ogni eliminazione in «${a}» legge tutta «${b}»: «${c}» non ha un indice.`,
      hint: 'Aggiungi un indice sulla colonna.',
    },
    CS007: {
      text: (a) => `L’indice «${a}» fa già quello che farebbe questo.`,
      hint: 'Puoi farne a meno.',
    },
    DD001: {
      text: (a, b) =>
        `Alcune righe di «${a}» non avrebbero un valore nella colonna obbligatoria «${b}».`,
      hint: 'Dalle un valore predefinito, o permetti che sia vuota.',
    },
    DD002: {
      text: (a) => `Alcune righe di «${a}» ripetono ciò che ha un’altra riga.`,
      hint: 'Prima cambia o togli le righe ripetute.',
    },
    DL001: {
      text: (a) => `«${a}» viene eliminata con le sue righe.`,
      hint: 'Annullando tornano, finché il cestino non viene svuotato.',
    },
    DL002: {
      text: (a, b) => `Alcune righe di «${a}» hanno un valore in «${b}».`,
      hint: 'Annullando i valori tornano, finché il cestino non viene svuotato.',
    },
    DL009: {
      text: (a, b) => `«${a}» si riferisce a «${b}»: le sue righe non si potrebbero più scrivere.`,
      hint: 'Prima elimina la chiave esterna.',
    },
    DL012: {
      text: (a, b, c) =>
        c ? `Il trigger «${a}» di «${b}» usa «${c}».` : `La vista «${a}» usa «${b}».`,
      hint: 'Cambiala prima, o nella stessa modifica.',
    },
    DL013: {
      text: (a, b) =>
        `Senza «${a}» le righe di «${b}» possono ripetersi, o si trovano più lentamente.`,
      hint: 'Mantieni un indice che faccia lo stesso.',
    },
    DL014: {
      text: () => 'Non si può annullare.',
      hint: 'Di ciò che sparisce non resta nulla.',
    },
    LK003: {
      text: (a) => `Per creare l’indice si legge tutta «${a}»; chi scrive intanto aspetta.`,
      hint: 'Fallo in un momento tranquillo.',
    },
    LK015: {
      text: (a) =>
        `Tutta «${a}» viene riscritta; chi scrive intanto aspetta, e sul disco serve spazio per una seconda copia.`,
      hint: 'Raccogli più modifiche di una tabella in una sola, in un momento tranquillo.',
    },
    NM002: {
      text: (a) => `«${a}» è una parola chiave di SQL: vuole le virgolette in ogni istruzione.`,
      hint: 'Scegli un altro nome; quello mostrato può essere qualsiasi.',
    },
    TY002: {
      text: (a, b) => `La chiave «${a}» di «${b}» è troppo corta per moltissime righe.`,
      hint: 'Usa bigint o uuid.',
    },
  },
  confirmHazards: 'Ho letto i rischi e so che non si può annullare',
  undone: 'Annullato',
  undoneText: 'La modifica è stata ritirata.',
  undo_: 'Annulla',
  undoTitle: 'Annullare questa modifica',
  undoText: 'Esegue le istruzioni qui sotto, come una modifica a sé.',
  undoAction: 'Annulla la modifica',
  running: 'La modifica è in corso',
  runningText: 'Prosegue anche se lasci questa pagina.',
  runningLink: 'Vedi tutti i lavori',
  planLoading: 'Calcolo di ciò che verrà eseguito',
};
