export type CodeLanguage = 'sql' | 'json' | 'shell' | 'text';
export interface Token {
  kind: 'keyword' | 'string' | 'number' | 'comment' | 'name' | 'plain';
  text: string;
}

const sqlWords = new Set(
  `add after all alter and as asc autoincrement before begin between by cascade case cast check
  collate column commit constraint create cross current_timestamp default deferrable deferred delete
  desc distinct drop each else end exists explain false foreign from full generated group having if
  in index inner insert into is join key left like limit no not null on or order outer primary
  references rename replace restrict returning right rollback row select set strict table temp then
  to transaction trigger true union unique update using values view virtual when where with without
  text integer real blob numeric decimal boolean uuid date time timestamp timestamptz varchar char
  jsonb json bigint smallint double precision`.split(/\s+/),
);

const grammars: Record<Exclude<CodeLanguage, 'text'>, RegExp> = {
  sql: /(?<comment>--[^\n]*|\/\*[\s\S]*?\*\/)|(?<string>'(?:[^']|'')*')|(?<name>"(?:[^"]|"")*"|`[^`]*`)|(?<number>\b\d+(?:\.\d+)?\b)|(?<word>[A-Za-z_]+)/g,
  json: /(?<name>"(?:[^"\\]|\\.)*"(?=\s*:))|(?<string>"(?:[^"\\]|\\.)*")|(?<number>-?\b\d+(?:\.\d+)?(?:[eE][+-]?\d+)?\b)|(?<keyword>\b(?:true|false|null)\b)/g,
  shell:
    /(?<comment>^#[^\n]*)|(?<string>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")|(?<keyword>(?<=^|\s)(?:curl|-X|-H|-d|-G|--data-urlencode|--data-binary|--url)(?=\s))/gm,
};

/** Splits a text for display: small, read-only, never the whole truth about a language. */
export function highlight(code: string, language: CodeLanguage): Token[] {
  if (language === 'text') return [{ kind: 'plain', text: code }];
  const tokens: Token[] = [];
  let last = 0;
  for (const match of code.matchAll(grammars[language])) {
    if (match.index > last) tokens.push({ kind: 'plain', text: code.slice(last, match.index) });
    const groups = match.groups ?? {};
    let kind = (Object.keys(groups).find((key) => groups[key] !== undefined) ?? 'plain') as
      | Token['kind']
      | 'word';
    if (kind === 'word') kind = sqlWords.has(match[0].toLowerCase()) ? 'keyword' : 'plain';
    tokens.push({ kind, text: match[0] });
    last = match.index + match[0].length;
  }
  if (last < code.length) tokens.push({ kind: 'plain', text: code.slice(last) });
  return tokens;
}
