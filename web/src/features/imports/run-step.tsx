import { Link } from '@tanstack/react-router';
import { CircleAlert, CircleCheck, Download } from 'lucide-react';
import type { ReactNode } from 'react';
import type { ImportError, ImportResult } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatBytes, formatNumber } from '@/shared/i18n/format';
import { downloadBlob } from '@/shared/lib/download';
import { Button, buttonClass } from '@/shared/ui/button';
import { ErrorNote } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { importMessages } from './i18n';
import { errorsCsv, rowErrors } from './mapping';
import type { Run } from './run';

const shownErrors = 200;

function Errors({ errors }: { errors: ImportError[] }) {
  const m = useMessages(importMessages);
  if (errors.length === 0) return null;
  const shown = errors.slice(0, shownErrors).map((error, index) => ({ ...error, index }));
  return (
    <section className="mt-5">
      <div className="mb-2 flex flex-wrap items-center gap-3">
        <h2 className="font-medium text-base">{m.errorsTitle}</h2>
        {errors.length > shown.length ? (
          <span className="text-muted text-xs">{m.errorsShown(shown.length, errors.length)}</span>
        ) : null}
        <Button
          size="sm"
          className="ml-auto"
          icon={<Download className="size-3.5" aria-hidden />}
          onClick={() => downloadBlob('import-errors.csv', errorsCsv(errors), 'text/csv')}
        >
          {m.downloadErrors}
        </Button>
      </div>
      <Table
        label={m.errorsTitle}
        rows={shown}
        rowKey={(error) => error.index}
        columns={[
          {
            key: 'row',
            header: m.errorRow,
            align: 'end',
            cell: (error) => <span className="tabular">{formatNumber(error.row)}</span>,
          },
          {
            key: 'column',
            header: m.errorColumn,
            cell: (error) => <span translate="no">{error.column ?? '–'}</span>,
          },
          {
            key: 'value',
            header: m.errorValue,
            className: 'max-w-56 truncate font-mono text-xs',
            cell: (error) => (error.value == null ? '–' : String(error.value)),
          },
          {
            key: 'reason',
            header: m.errorReason,
            cell: (error) => (
              <>
                {error.message}{' '}
                <span className="font-mono text-muted text-xs" translate="no">
                  {error.code}
                </span>
              </>
            ),
          },
        ]}
      />
    </section>
  );
}

function Counts({ result }: { result: ImportResult }) {
  const m = useMessages(importMessages);
  const wrong = new Set(result.errors.map((error) => error.row)).size;
  const counts: [string, number][] = [
    [m.inserted, result.inserted],
    [m.updated, result.updated],
    [m.skipped, result.skipped],
    [m.wrong, wrong],
  ];
  return (
    <dl className="mt-3 flex flex-wrap gap-x-8 gap-y-2">
      {counts
        .filter(([, count], index) => index === 0 || count > 0)
        .map(([name, count]) => (
          <div key={name} className="flex flex-col-reverse">
            <dt className="text-muted text-xs">{name}</dt>
            <dd className="tabular font-semibold text-xl">{formatNumber(count)}</dd>
          </div>
        ))}
    </dl>
  );
}

function Progress({ run }: { run: Run }) {
  const m = useMessages(importMessages);
  if (run.state.step !== 'running') return null;
  const { sent, total, dryRun, jobId } = run.state;
  const part = total > 0 ? Math.min(1, sent / total) : 0;
  const label = dryRun ? m.checking : m.running;
  return (
    <div className="rounded-lg border border-border bg-surface px-4 py-3 shadow-card">
      <div className="mb-2 flex items-center gap-3">
        <p className="flex-1 font-medium text-sm">{label}</p>
        <p className="tabular text-muted text-xs">
          {part >= 1
            ? m.finishing
            : jobId
              ? formatNumber(part, { style: 'percent' })
              : m.sent(formatBytes(sent), formatBytes(total))}
        </p>
        <Button size="sm" onClick={run.stop}>
          {m.stop}
        </Button>
      </div>
      <progress aria-label={label} value={part} max={1} className="progress w-full" />
      {jobId ? (
        <p className="mt-2 text-muted text-xs">
          {m.jobText}{' '}
          <Link to="/jobs" className="text-accent-text underline underline-offset-2">
            {m.jobLink}
          </Link>
        </p>
      ) : null}
    </div>
  );
}

function Outcome({
  good,
  title,
  children,
}: {
  good: boolean;
  title: string;
  children?: ReactNode;
}) {
  return (
    <div
      role={good ? 'status' : 'alert'}
      className="rounded-lg border border-border bg-surface px-4 py-3 shadow-card"
    >
      <p className="flex items-center gap-2 font-medium">
        {good ? (
          <CircleCheck className="size-4.5 text-success" aria-hidden />
        ) : (
          <CircleAlert className="size-4.5 text-danger-text" aria-hidden />
        )}
        {title}
      </p>
      {children}
    </div>
  );
}

export function RunStep({
  run,
  tableName,
  onBack,
  onImport,
  backLabel,
}: {
  run: Run;
  tableName: string;
  /** names what onBack does, where it is not going back to the columns */
  backLabel?: string;
  onBack: () => void;
  onImport: () => void;
}) {
  const m = useMessages(importMessages);
  const { state } = run;
  const errors =
    state.step === 'done'
      ? state.result.errors
      : state.step === 'failed'
        ? rowErrors(state.error)
        : [];
  return (
    <div aria-live="polite">
      <Progress run={run} />
      {state.step === 'done' ? (
        <Outcome
          good={state.result.errors.length === 0 || !state.dryRun}
          title={state.dryRun ? m.checked : m.done}
        >
          <Counts result={state.result} />
        </Outcome>
      ) : null}
      {state.step === 'stopped' ? <Outcome good={false} title={m.stopped} /> : null}
      {state.step === 'failed' ? (
        errors.length > 0 ? (
          <Outcome good={false} title={m.refused}>
            <p className="mt-1 text-muted text-sm">{m.refusedText}</p>
          </Outcome>
        ) : (
          <ErrorNote error={state.error} />
        )
      ) : null}
      {state.step === 'running' ? null : (
        <div className="mt-4 flex flex-wrap gap-2">
          {state.step === 'done' && !state.dryRun ? (
            <Link
              to="/tables/$tableName/data"
              params={{ tableName }}
              className={buttonClass('primary')}
            >
              {m.openData}
            </Link>
          ) : (
            <>
              <Button onClick={onBack}>{backLabel ?? m.backToColumns}</Button>
              {state.step === 'done' && state.dryRun ? (
                <Button variant="primary" onClick={onImport}>
                  {m.start}
                </Button>
              ) : null}
            </>
          )}
        </div>
      )}
      <Errors errors={errors} />
    </div>
  );
}
