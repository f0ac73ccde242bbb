import clsx from 'clsx';
import { FileUp } from 'lucide-react';
import { useRef, useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { formatBytes } from '@/shared/i18n/format';
import { Button } from '@/shared/ui/button';
import { Checkbox, SelectField } from '@/shared/ui/fields';
import { ErrorNote } from '@/shared/ui/states';
import { type Delimiter, delimiters } from './csv';
import { importMessages } from './i18n';
import { readSource, type Source, type SourceChoice } from './source';

/** Where a file comes in: by the button, or dropped. */
export function FileStep({ onSource }: { onSource: (source: Source) => void }) {
  const m = useMessages(importMessages);
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function take(file: File | undefined) {
    if (!file) return;
    setError(null);
    try {
      const source = await readSource(file);
      if (source.headers.length === 0) setError(new Error(m.nothingIn));
      else onSource(source);
    } catch (failure) {
      setError(failure);
    }
  }

  return (
    <>
      <section
        aria-label={m.stepFile}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          void take(event.dataTransfer.files[0]);
        }}
        className={clsx(
          'flex flex-col items-center rounded-xl border-2 border-dashed px-6 py-14 text-center',
          over ? 'border-accent bg-accent-soft' : 'border-border-strong bg-surface',
        )}
      >
        <FileUp className="mb-3 size-7 text-muted" aria-hidden />
        <p className="font-medium">{m.dropFile}</p>
        <p className="mt-1 mb-4 text-muted text-sm">{m.dropHint}</p>
        <input
          ref={input}
          type="file"
          accept=".csv,.tsv,.txt,.json,.ndjson,.jsonl,text/csv,application/json"
          aria-label={m.chooseFile}
          tabIndex={-1}
          className="sr-only"
          onChange={(event) => {
            void take(event.target.files?.[0]);
            event.target.value = '';
          }}
        />
        <Button variant="primary" onClick={() => input.current?.click()}>
          {m.chooseFile}
        </Button>
      </section>
      <ErrorNote error={error} className="mt-3" />
    </>
  );
}

/** What was understood of the file, and the ways to read it differently. */
export function SourceBar({
  source,
  onSource,
  onReset,
}: {
  source: Source;
  onSource: (source: Source) => void;
  onReset: () => void;
}) {
  const m = useMessages(importMessages);
  const again = (choice: SourceChoice) =>
    void readSource(source.file, {
      delimiter: source.delimiter,
      hasHeader: source.hasHeader,
      ...choice,
    }).then(onSource);
  return (
    <div className="mb-4 flex flex-wrap items-end gap-x-4 gap-y-2 rounded-lg border border-border bg-surface px-3 py-2.5 shadow-card">
      <div className="min-w-0 flex-1">
        <p className="truncate font-medium text-sm" translate="no">
          {source.file.name}
        </p>
        <p className="text-muted text-xs">
          {m.formats[source.format]} · {formatBytes(source.file.size)}
          {source.encoding === 'utf-8' ? '' : ` · ${m.encodingNote(source.encoding)}`}
        </p>
      </div>
      {source.format === 'csv' ? (
        <>
          <SelectField<Delimiter>
            label={m.delimiter}
            className="w-36"
            value={source.delimiter}
            options={delimiters.map((value) => ({
              value,
              label: m.delimiterNames[value] ?? value,
            }))}
            onChange={(delimiter) => again({ delimiter })}
          />
          <Checkbox
            label={m.hasHeader}
            checked={source.hasHeader}
            onChange={(hasHeader) => again({ hasHeader })}
          />
        </>
      ) : null}
      <Button onClick={onReset}>{m.anotherFile}</Button>
    </div>
  );
}

export function PreviewTable({ source }: { source: Source }) {
  const m = useMessages(importMessages);
  const rows = source.rows.slice(0, 8);
  return (
    <section className="mt-6">
      <h2 className="mb-2 font-medium text-base">{m.preview}</h2>
      <section
        aria-label={m.previewOf(rows.length)}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
        tabIndex={0}
        className="scroll-thin overflow-x-auto rounded-lg border border-border bg-surface shadow-card"
      >
        <table className="w-full border-collapse text-xs" translate="no">
          <thead>
            <tr className="border-border border-b bg-surface-2/70 text-left">
              {source.headers.map((header, index) => (
                <th
                  // biome-ignore lint/suspicious/noArrayIndexKey: a file may name two columns alike
                  key={index}
                  scope="col"
                  className="whitespace-nowrap px-2.5 py-1.5 font-medium"
                >
                  {header}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map((row, at) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the rows have no identity but their place
              <tr key={at} className="border-border border-b last:border-b-0">
                {source.headers.map((_, index) => (
                  <td
                    // biome-ignore lint/suspicious/noArrayIndexKey: as above
                    key={index}
                    className="max-w-56 truncate whitespace-nowrap px-2.5 py-1.5"
                  >
                    {row[index] || <span className="text-muted italic">{m.empty}</span>}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </section>
  );
}

/** Which of the steps one is at. */
export function Steps({ at }: { at: 0 | 1 | 2 }) {
  const m = useMessages(importMessages);
  return (
    <ol aria-label={m.steps} className="mb-5 flex flex-wrap gap-2 text-sm">
      {[m.stepFile, m.stepColumns, m.stepRun].map((name, index) => (
        <li
          key={name}
          {...(index === at ? { 'aria-current': 'step' as const } : {})}
          className={clsx(
            'flex items-center gap-2 rounded-full border py-1 pr-3 pl-1',
            index === at
              ? 'border-accent bg-accent-soft font-medium text-accent-text'
              : 'border-border text-muted',
          )}
        >
          <span
            className={clsx(
              'flex size-5 items-center justify-center rounded-full text-xs',
              index === at ? 'bg-accent text-on-accent' : 'bg-surface-3',
            )}
          >
            {index + 1}
          </span>
          {name}
        </li>
      ))}
    </ol>
  );
}
