/** Reads CSV as it comes, in pieces of any size: RFC 4180 with any one-character delimiter. */
export class CsvReader {
  private row: string[] = [];
  private field = '';
  private quoted = false;
  /** the last character was a quote inside a quoted field: it ends it, or doubles */
  private quotePending = false;
  private started = false;
  private readonly delimiter: string;

  constructor(delimiter: string) {
    this.delimiter = delimiter;
  }

  /** Takes the next piece; gives the rows that are complete now. */
  push(text: string): string[][] {
    const rows: string[][] = [];
    for (const letter of text) {
      if (this.quotePending) {
        this.quotePending = false;
        if (letter === '"') {
          this.field += '"';
          continue;
        }
        this.quoted = false;
      }
      if (this.quoted) {
        if (letter === '"') this.quotePending = true;
        else this.field += letter;
      } else if (letter === '"' && this.field === '') {
        this.quoted = true;
        this.started = true;
      } else if (letter === this.delimiter) this.endField();
      else if (letter === '\n') this.endRow(rows);
      else if (letter !== '\r') {
        this.field += letter;
        this.started = true;
      }
    }
    return rows;
  }

  /** The last row, when the text does not end with a line end. */
  end(): string[][] {
    const rows: string[][] = [];
    if (this.started || this.row.length > 0) this.endRow(rows);
    return rows;
  }

  private endField(): void {
    this.row.push(this.field);
    this.field = '';
    this.started = true;
  }

  private endRow(rows: string[][]): void {
    // An empty line is no row.
    if (this.started || this.row.length > 0) {
      this.row.push(this.field);
      rows.push(this.row);
    }
    this.row = [];
    this.field = '';
    this.quoted = false;
    this.started = false;
  }
}

export function parseCsv(text: string, delimiter = ','): string[][] {
  const reader = new CsvReader(delimiter);
  return [...reader.push(text), ...reader.end()];
}

export function formatCsvRow(row: readonly string[]): string {
  const fields = row.map((field) =>
    /[",\r\n]/.test(field) ? `"${field.replaceAll('"', '""')}"` : field,
  );
  // One empty field alone would be an empty line, which is no row.
  return `${fields.length === 1 && fields[0] === '' ? '""' : fields.join(',')}\n`;
}

export const delimiters = [',', ';', '\t', '|'] as const;
export type Delimiter = (typeof delimiters)[number];

/** The delimiter that cuts the first lines into the most, and the same number of, fields. */
export function detectDelimiter(text: string): Delimiter {
  let best: Delimiter = ',';
  let bestScore = 0;
  for (const delimiter of delimiters) {
    const rows = parseCsv(text.slice(0, 20_000), delimiter).slice(0, 20);
    const width = rows[0]?.length ?? 0;
    if (width < 2) continue;
    const even = rows.filter((row) => row.length === width).length / rows.length;
    const score = width * even * even;
    if (score > bestScore) {
      best = delimiter;
      bestScore = score;
    }
  }
  return best;
}
