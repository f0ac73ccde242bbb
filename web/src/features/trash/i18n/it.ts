import type { TrashMessages } from './en';

export const it: TrashMessages = {
  title: 'Cestino',
  intro: 'Ciò che è stato eliminato aspetta qui con i suoi dati finché non viene distrutto.',
  empty: 'Il cestino è vuoto',
  emptyText: 'Le tabelle e le colonne che elimini passano prima di qui.',
  kinds: { table: 'Tabella', column: 'Colonna', index: 'Indice' },
  name: 'Nome',
  from: 'Della tabella',
  kind: 'Genere',
  rows: 'Righe',
  dropped: 'Eliminato',
  purged: 'Distrutto da sé',
  by: (who) => `da ${who}`,
  actions: 'Azioni',
  restore: 'Ripristina',
  restoreOf: (name) => `Ripristina ${name}`,
  restored: (name) => `${name} è tornato`,
  purge: 'Distruggi',
  purgeOf: (name) => `Distruggi ${name}`,
  purgeTitle: (name) => `Distruggere ${name} per sempre`,
  purgeText:
    'I suoi dati vengono distrutti. Non si può annullare, e nemmeno la modifica che lo ha eliminato.',
  purgedDone: (name) => `${name} è stato distrutto`,
};
