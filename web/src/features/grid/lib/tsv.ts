/** Cells as other spreadsheets give and take them: tabs, lines, quotes around what needs them. */
export interface TsvCell {
  text: string;
  /** written in quotes: an empty text then, not an empty cell */
  quoted: boolean;
}

export function formatTsv(rows: readonly (readonly string[])[]): string {
  return rows
    .map((row) =>
      row
        .map((cell) => (/["\t\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell))
        .join('\t'),
    )
    .join('\n');
}

/** Reads a quoted cell that begins at `from`; null when the quote never ends well. */
function readQuoted(text: string, from: number): { text: string; end: number } | null {
  let value = '';
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote < 0) return null;
    value += text.slice(at, quote);
    const next = text[quote + 1];
    if (next === '"') {
      value += '"';
      at = quote + 2;
    } else if (next === undefined || next === '\t' || next === '\n' || next === '\r') {
      return { text: value, end: quote + 1 };
    } else return null;
  }
}

/** Reads what other programs put on the clipboard; a lone quote is just a quote. */
export function parseTsv(text: string): TsvCell[][] {
  const rows: TsvCell[][] = [];
  let row: TsvCell[] = [];
  let at = 0;
  const length = text.length;
  while (at <= length) {
    const quoted = text[at] === '"' ? readQuoted(text, at) : null;
    let end = quoted?.end ?? at;
    if (!quoted) while (end < length && !/[\t\r\n]/.test(text[end] ?? '')) end += 1;
    row.push(
      quoted ? { text: quoted.text, quoted: true } : { text: text.slice(at, end), quoted: false },
    );
    if (text[end] === '\t') {
      at = end + 1;
      continue;
    }
    rows.push(row);
    row = [];
    at = end + (text[end] === '\r' && text[end + 1] === '\n' ? 2 : 1);
    // A line end at the end ends the last line, it does not begin another.
    if (at >= length) break;
  }
  return rows;
}

export interface Rectangle {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

/** Repeats a block over a selection that it divides; otherwise the block as it is. */
export function pasteSize(
  block: { rows: number; columns: number },
  selection: Rectangle,
): { rows: number; columns: number } {
  const rows = selection.bottom - selection.top + 1;
  const columns = selection.right - selection.left + 1;
  const fits = rows % block.rows === 0 && columns % block.columns === 0;
  return fits ? { rows, columns } : block;
}

const csvCell = (text: string, isNull: boolean) => {
  if (isNull) return '';
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

/** CSV of a selection: NULL is nothing, the empty text is a pair of quotes. */
export function formatCsv(names: readonly string[], rows: readonly (string | null)[][]): string {
  const lines = [names.map((name) => csvCell(name, false)).join(',')];
  for (const row of rows)
    lines.push(row.map((cell) => csvCell(cell ?? '', cell === null)).join(','));
  return `${lines.join('\r\n')}\r\n`;
}
