import { useNavigate } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { refreshSchema, toastChange } from '@/features/plans/actions';
import { api } from '@/shared/api/client';
import type { Plan } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { useCommands } from '@/shared/lib/commands';
import { Button } from '@/shared/ui/button';
import { useLeaveGuard } from '@/shared/ui/leave-guard';
import { Page } from '@/shared/ui/page';
import { ColumnsEditor } from './columns-editor';
import { GeneralFields } from './general-fields';
import { designerMessages } from './i18n';
import { IndexesEditor } from './indexes-editor';
import { columnProblem, type Draft, emptyDraft, isBlankColumn, tableSpec } from './model';
import { ReviewDialog } from './review-dialog';

interface Created {
  tableName: string;
  displayName: string;
  changeId?: string;
}

const tables = 'api/db-editor/tables';

export function NewTablePage() {
  const m = useMessages(designerMessages);
  const navigate = useNavigate();
  const [draft, setDraft] = useState<Draft>(emptyDraft);
  const [strict, setStrict] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const guard = useLeaveGuard(draft.displayName !== '' || !draft.columns.every(isBlankColumn), m);

  const columns = draft.columns.filter((column) => !isBlankColumn(column));
  const nameError = strict && !draft.displayName.trim() ? m.tableNameMissing : undefined;

  async function review() {
    setStrict(true);
    const wrong =
      !draft.displayName.trim() ||
      columns.length === 0 ||
      columns.some((column) => columnProblem(column, columns));
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
      <ColumnsEditor draft={draft} onChange={setDraft} strict={strict} />
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
