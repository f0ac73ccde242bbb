import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { refreshSchema, toastChange } from '@/features/plans/actions';
import { useSource } from '@/features/sources/current';
import { api } from '@/shared/api/client';
import { sourceQuery } from '@/shared/api/queries';
import type { Plan, SourceInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { useCommands } from '@/shared/lib/commands';
import { Button } from '@/shared/ui/button';
import { useLeaveGuard } from '@/shared/ui/leave-guard';
import { Page } from '@/shared/ui/page';
import { ErrorState, LoadingState } from '@/shared/ui/states';
import { ColumnsEditor } from './columns-editor';
import { GeneralFields } from './general-fields';
import { designerMessages } from './i18n';
import { IndexesEditor } from './indexes-editor';
import {
  columnProblem,
  type Draft,
  type DraftColumn,
  emptyDraft,
  isBlankColumn,
  tableSpec,
} from './model';
import { ReviewDialog } from './review-dialog';

interface Created {
  tableName: string;
  displayName: string;
  changeId?: string;
}

const tables = 'api/db-editor/tables';

/** As the form came: nothing is lost by leaving it. */
function isUntouched(column: DraftColumn): boolean {
  return isBlankColumn(column) || (column.autoIncrement && column.name === 'id');
}

/** Where keys are chosen: in attached databases, if they let one be chosen at all. */
function choosesKeys(source: SourceInfo | undefined): boolean {
  return source?.managed === false && source.abilities?.['composite_keys'] === true;
}

export function NewTablePage() {
  const m = useMessages(designerMessages);
  const name = useSource();
  const { data, error, refetch } = useQuery({ ...sourceQuery(name), enabled: name !== '' });
  if (name === '' || data) return <NewTable key={name} source={data} />;
  return (
    <Page title={m.newTitle} description={m.newText}>
      {error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <LoadingState />}
    </Page>
  );
}

function NewTable({ source }: { source: SourceInfo | undefined }) {
  const m = useMessages(designerMessages);
  const navigate = useNavigate();
  const attached = source?.managed === false;
  const keyed = choosesKeys(source);
  const [draft, setDraft] = useState<Draft>(() =>
    emptyDraft(keyed && source?.abilities?.['identity_columns'] === true),
  );
  const [strict, setStrict] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const guard = useLeaveGuard(draft.displayName !== '' || !draft.columns.every(isUntouched), m);

  const columns = draft.columns.filter((column) => !isBlankColumn(column));
  const nameError = strict && !draft.displayName.trim() ? m.tableNameMissing : undefined;

  async function review() {
    setStrict(true);
    const wrong =
      !draft.displayName.trim() ||
      columns.length === 0 ||
      columns.some((column) => columnProblem(column, columns, { attached }));
    if (wrong) {
      setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), 0);
      return;
    }
    setPlan(undefined);
    setError(null);
    setReviewing(true);
    try {
      setPlan(await api.post<Plan>(tables, tableSpec(draft), { query: { dryRun: true } }));
    } catch (failure) {
      setError(failure);
    }
  }

  async function create() {
    setBusy(true);
    setError(null);
    try {
      const made = await api.post<Created>(tables, tableSpec(draft));
      guard.release();
      await refreshSchema();
      toastChange(m.created(made.displayName), made.changeId);
      await navigate({ to: '/tables/$tableName/data', params: { tableName: made.tableName } });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  const commands = useMemo(
    () => [
      {
        id: 'designer-review',
        label: m.review,
        group: m.newTitle,
        keys: 'Mod+S',
        run: () => document.querySelector<HTMLButtonElement>('[data-review]')?.click(),
      },
    ],
    [m],
  );
  useCommands('designer', commands);

  return (
    <Page
      title={m.newTitle}
      description={m.newText}
      actions={
        <Button variant="primary" data-review onClick={() => void review()}>
          {m.review}
        </Button>
      }
    >
      <GeneralFields draft={draft} onChange={setDraft} nameError={nameError} tableName="" />
      <ColumnsEditor
        draft={draft}
        onChange={setDraft}
        strict={strict}
        attached={attached}
        choosesKeys={keyed}
      />
      {strict && columns.length === 0 ? (
        <p role="alert" className="mt-2 text-danger-text text-sm">
          {m.noColumns}
        </p>
      ) : null}
      <IndexesEditor draft={draft} onChange={setDraft} />
      {reviewing ? (
        <ReviewDialog
          title={m.reviewTitleNew(draft.displayName.trim())}
          action={m.createTable}
          plan={plan}
          error={error}
          busy={busy}
          onConfirm={() => void create()}
          onClose={() => setReviewing(false)}
        />
      ) : null}
      {guard.dialog}
    </Page>
  );
}
