import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { changeIdOf, type Dropped, refreshSchema, toastChange } from '@/features/plans/actions';
import { useSource } from '@/features/sources/current';
import { api, path } from '@/shared/api/client';
import { settled } from '@/shared/api/jobs';
import { tableQuery } from '@/shared/api/queries';
import type { Job, Plan, TableInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { useCommands } from '@/shared/lib/commands';
import { Button } from '@/shared/ui/button';
import { useLeaveGuard } from '@/shared/ui/leave-guard';
import { LoadingState } from '@/shared/ui/states';
import { ColumnsEditor } from './columns-editor';
import { GeneralFields } from './general-fields';
import { designerMessages } from './i18n';
import type { DesignerMessages } from './i18n/en';
import { IndexesEditor } from './indexes-editor';
import {
  buildChanges,
  type ChangeSet,
  columnProblem,
  countChanges,
  type Draft,
  isBlankColumn,
  tableSet,
  tableToDraft,
} from './model';
import { ReviewDialog } from './review-dialog';

const editor = 'api/db-editor';
const emptyPlan: Plan = { operations: [], steps: [], lint: [] };

/** What changes without SQL, in words. */
function notesOf(m: DesignerMessages, changes: ChangeSet, general: object): string[] {
  const notes: string[] = [];
  if (Object.keys(general).length > 0) notes.push(m.tableSet);
  for (const { column, set } of changes.display) {
    if (set.displayName !== undefined) notes.push(m.labelSet(column, set.displayName));
    if (set.validation !== undefined) notes.push(m.rulesSet(column));
    if (set.comment !== undefined) notes.push(m.noteSet(column));
  }
  if (changes.display.some(({ set }) => set.order !== undefined)) notes.push(m.orderSet);
  return notes;
}

function Editor({ table, onApplied }: { table: TableInfo; onApplied: () => void }) {
  const m = useMessages(designerMessages);
  const before = useMemo(() => tableToDraft(table), [table]);
  const [draft, setDraft] = useState<Draft>(before);
  const [strict, setStrict] = useState(false);
  const [reviewing, setReviewing] = useState(false);
  const [plan, setPlan] = useState<Plan>();
  const [error, setError] = useState<unknown>(null);
  const [busy, setBusy] = useState(false);
  const [job, setJob] = useState<Job>();

  const changes = useMemo(() => buildChanges(table, before, draft), [table, before, draft]);
  const general = useMemo(() => tableSet(before, draft), [before, draft]);
  const count = countChanges(changes) + (Object.keys(general).length > 0 ? 1 : 0);
  const locked = table.can?.alter === false;
  // How the tables of an attached database are shown is kept nowhere.
  const source = useSource();
  const guard = useLeaveGuard(count > 0, m);

  const attached = table.managed === false;

  async function review() {
    setStrict(true);
    const columns = draft.columns.filter((column) => !isBlankColumn(column));
    if (
      !draft.displayName.trim() ||
      columns.some((column) => columnProblem(column, columns, { attached }))
    ) {
      setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), 0);
      return;
    }
    setPlan(undefined);
    setError(null);
    setReviewing(true);
    if (changes.operations.length === 0) {
      setPlan(emptyPlan);
      return;
    }
    try {
      setPlan(
        await api.post<Plan>(`${editor}/changes:preview`, { operations: changes.operations }),
      );
    } catch (failure) {
      setError(failure);
    }
  }

  async function apply(hazards: string[]) {
    setBusy(true);
    setError(null);
    let changeId: string | undefined;
    try {
      if (changes.operations.length > 0) {
        const run = plan?.planId ? { planId: plan.planId } : { operations: changes.operations };
        const answer = await api.post<Dropped>(`${editor}/changes`, {
          ...run,
          ...(hazards.length > 0 ? { confirm: hazards } : {}),
        });
        const change = await settled(answer, (running) => {
          guard.release();
          setJob(running);
        });
        changeId = changeIdOf(change);
      }
      const address = path(`${editor}/tables`, table.tableName);
      if (Object.keys(general).length > 0) await api.put(address, general);
      for (const { column, set } of changes.display)
        await api.put(path(`${address}/columns`, column), set);
      toastChange(m.applied(count), changeId);
      setReviewing(false);
    } catch (failure) {
      setError(failure);
      // What ran, ran: the draft starts again from what the table is now.
      if (changeId === undefined) {
        setBusy(false);
        return;
      }
    }
    await refreshSchema();
    setBusy(false);
    onApplied();
  }

  const commands = useMemo(
    () => [
      {
        id: 'designer-review',
        label: m.review,
        group: table.displayName,
        keys: 'Mod+S',
        run: () => document.querySelector<HTMLButtonElement>('[data-review]')?.click(),
      },
    ],
    [m, table.displayName],
  );
  useCommands('designer', commands);

  return (
    <>
      <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
        <div className="mx-auto w-full max-w-5xl px-5 py-5 sm:px-8">
          {locked ? <p className="mb-4 text-muted text-sm">{m.mayNot}</p> : null}
          {source ? null : (
            <GeneralFields
              draft={draft}
              onChange={setDraft}
              nameError={strict && !draft.displayName.trim() ? m.tableNameMissing : undefined}
              disabled={locked}
              tableName={table.tableName}
            />
          )}
          <ColumnsEditor
            attached={attached}
            draft={draft}
            before={before}
            onChange={setDraft}
            strict={strict}
            disabled={locked}
          />
          <IndexesEditor draft={draft} onChange={setDraft} disabled={locked} />
        </div>
      </div>
      <footer className="flex flex-wrap items-center justify-end gap-2 border-border border-t bg-surface px-5 py-2.5">
        <p role="status" className="min-w-0 flex-1 text-muted text-sm">
          {m.changesPending(count)}
        </p>
        <Button disabled={count === 0} onClick={() => setDraft(before)}>
          {m.discard}
        </Button>
        <Button
          variant="primary"
          data-review
          disabled={count === 0 || locked}
          onClick={() => void review()}
        >
          {m.review}
        </Button>
      </footer>
      {reviewing ? (
        <ReviewDialog
          title={m.reviewTitleEdit(table.displayName)}
          action={m.apply(count)}
          plan={plan}
          notes={notesOf(m, changes, general)}
          error={error}
          busy={busy}
          job={job}
          onConfirm={(hazards) => void apply(hazards)}
          onClose={() => setReviewing(false)}
        />
      ) : null}
      {guard.dialog}
    </>
  );
}

/** The schema of an existing table. */
export function EditTablePage() {
  const { tableName } = useParams({ from: '/shell/source/tables/$tableName/schema' });
  const { data: table, isFetching } = useQuery({ ...tableQuery(tableName), staleTime: 0 });
  const [round, setRound] = useState(0);
  // A draft begins from the newest structure, never from what the cache remembers.
  const [loaded, setLoaded] = useState(false);
  if (!loaded && table && !isFetching) setLoaded(true);
  if (!table || !loaded) return <LoadingState />;
  return (
    <Editor
      key={`${tableName}-${round}`}
      table={table}
      onApplied={() => setRound((now) => now + 1)}
    />
  );
}
