import { CsvReader, type Delimiter, detectDelimiter, formatCsvRow, parseCsv } from './csv';

export type Format = 'csv' | 'json' | 'ndjson';
export type Encoding = 'utf-8' | 'windows-1252' | 'utf-16le' | 'utf-16be';

/** A file as it was understood: enough to show, map and send it. */
export interface Source {
  file: File;
  format: Format;
  delimiter: Delimiter;
  encoding: Encoding;
  /** the first line of a CSV holds the names */
  hasHeader: boolean;
  headers: string[];
  /** first rows, every value as text; missing = '' */
  rows: string[][];
  /** the rows are not all: the sample ended before the file */
  isPart: boolean;
}

const sampleBytes = 2_000_000;

function detectEncoding(bytes: Uint8Array): Encoding {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  try {
    // The sample may end inside a character, which streaming forgives.
    new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true });
    return 'utf-8';
  } catch {
    return 'windows-1252';
  }
}

export function detectFormat(name: string, text: string): Format {
  const start = text.trimStart();
  if (/\.(ndjson|jsonl)$/i.test(name)) return 'ndjson';
  if (start.startsWith('[')) return 'json';
  if (start.startsWith('{')) return 'ndjson';
  return 'csv';
}

/** Complete objects at the start of a JSON array or of NDJSON, which may be cut anywhere. */
export function scanObjects(text: string, limit: number): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  let depth = 0;
  let from = -1;
  let inString = false;
  for (let at = 0; at < text.length && found.length < limit; at += 1) {
    const letter = text[at];
    if (inString) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inString = false;
      continue;
    }
    if (letter === '"') inString = true;
    else if (letter === '{') {
      if (depth === 0) from = at;
      depth += 1;
    } else if (letter === '}') {
      depth -= 1;
      if (depth === 0 && from >= 0) {
        try {
          found.push(JSON.parse(text.slice(from, at + 1)) as Record<string, unknown>);
        } catch {
          return found;
        }
      }
    }
  }
  return found;
}

function asText(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

function readObjects(text: string): Pick<Source, 'headers' | 'rows'> {
  const objects = scanObjects(text, 2000);
  const headers = [...new Set(objects.flatMap((object) => Object.keys(object)))];
  return {
    headers,
    rows: objects.map((object) => headers.map((header) => asText(object[header]))),
  };
}

function readRows(
  text: string,
  delimiter: Delimiter,
  hasHeader: boolean,
  isPart: boolean,
): Pick<Source, 'headers' | 'rows'> {
  const rows = parseCsv(text, delimiter);
  // The last line of a cut sample is half a line.
  if (isPart) rows.pop();
  const first = rows[0] ?? [];
  const headers = hasHeader
    ? first.map((header) => header.trim())
    : first.map((_, index) => `column_${index + 1}`);
  return { headers, rows: hasHeader ? rows.slice(1) : rows };
}

export interface SourceChoice {
  delimiter?: Delimiter;
  hasHeader?: boolean;
}

/** Reads the beginning of a file: at most 2 MB, whatever its size. */
export async function readSource(file: File, choice: SourceChoice = {}): Promise<Source> {
  const bytes = new Uint8Array(await file.slice(0, sampleBytes).arrayBuffer());
  const isPart = file.size > sampleBytes;
  const encoding = detectEncoding(bytes);
  const text = new TextDecoder(encoding).decode(bytes, { stream: isPart });
  const format = detectFormat(file.name, text);
  const delimiter = choice.delimiter ?? detectDelimiter(text);
  const hasHeader = choice.hasHeader ?? true;
  const read = format === 'csv' ? readRows(text, delimiter, hasHeader, isPart) : readObjects(text);
  return { file, format, delimiter, encoding, hasHeader, isPart, ...read };
}

export const contentTypes: Record<Format, string> = {
  csv: 'text/csv',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
};

/**
 * The file as the server takes it: UTF-8, commas, a line with the names. Most files are so already
 * and go untouched; others are rewritten piece by piece.
 */
export async function toBody(source: Source): Promise<Blob> {
  const { file, format, encoding, delimiter, hasHeader, headers } = source;
  if (encoding === 'utf-8' && (format !== 'csv' || delimiter === ','))
    return format === 'csv' && !hasHeader ? new Blob([formatCsvRow(headers), file]) : file;
  const parts: Blob[] = [];
  let waiting = '';
  const keep = (text: string, least = 1_000_000) => {
    waiting += text;
    if (waiting.length < least) return;
    parts.push(new Blob([waiting]));
    waiting = '';
  };
  const decoder = new TextDecoder(encoding);
  const csv = format === 'csv' ? new CsvReader(delimiter) : null;
  if (csv && !hasHeader) keep(formatCsvRow(headers));
  const stream = file.stream().getReader();
  for (;;) {
    const { done, value } = await stream.read();
    const text = done ? decoder.decode() : decoder.decode(value, { stream: true });
    keep(csv ? csv.push(text).map(formatCsvRow).join('') : text);
    if (done) break;
  }
  if (csv) keep(csv.end().map(formatCsvRow).join(''));
  keep('', 0);
  return new Blob(parts);
}
