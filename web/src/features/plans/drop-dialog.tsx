import { useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { hazardIds } from '@/features/designer/model';
import { api } from '@/shared/api/client';
import { settled } from '@/shared/api/jobs';
import type { Job, Plan } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { ConfirmDialog } from '@/shared/ui/dialog';
import { Checkbox } from '@/shared/ui/fields';
import { ErrorNote, LoadingState } from '@/shared/ui/states';
import { changeIdOf, type Dropped, planOfRefusal, refreshSchema, toastChange } from './actions';
import { planMessages } from './i18n';
import { JobNote } from './job-note';
import { PlanReview } from './plan-review';

export interface PlannedDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description: ReactNode;
  action: string;
  danger?: boolean;
  /** How the change is asked for; the same call with dryRun shows the plan. */
  method: 'DELETE' | 'POST';
  /** Its address below the origin. */
  url: string;
  /** The toast once it is done. */
  doneTitle: string;
  onDone?: (answer: Dropped) => void | Promise<void>;
}

function PlannedBody({
  open,
  onOpenChange,
  title,
  description,
  action,
  danger = true,
  method,
  url,
  doneTitle,
  onDone,
}: PlannedDialogProps) {
  const m = useMessages(planMessages);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const [refused, setRefused] = useState<Plan>();
  const [accepted, setAccepted] = useState(false);
  const [job, setJob] = useState<Job>();
  const preview = useQuery({
    queryKey: ['plan', method, url],
    queryFn: () =>
      method === 'DELETE'
        ? api.delete<Plan>(url, { query: { dryRun: true } })
        : api.post<Plan>(url, undefined, { query: { dryRun: true } }),
    gcTime: 0,
    staleTime: 0,
  });
  const plan = refused ?? preview.data;
  const hazards = plan ? hazardIds(plan) : [];

  async function run() {
    setBusy(true);
    setError(null);
    const query = hazards.length > 0 ? { confirm: hazards.join(',') } : {};
    try {
      const answer =
        method === 'DELETE'
          ? await settled(await api.delete<Dropped>(url, { query }), setJob)
          : await settled(await api.post<Dropped>(url, undefined, { query }), setJob);
      onOpenChange(false);
      await onDone?.(answer ?? {});
      await refreshSchema();
      toastChange(doneTitle, changeIdOf(answer));
    } catch (failure) {
      const wanted = planOfRefusal(failure);
      if (wanted) setRefused(wanted);
      else setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <ConfirmDialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      action={action}
      danger={danger}
      busy={busy}
      disabled={!plan || (hazards.length > 0 && !accepted)}
      onConfirm={() => void run()}
    >
      {plan ? (
        <PlanReview plan={plan} />
      ) : preview.error ? (
        <ErrorNote error={preview.error} />
      ) : (
        <LoadingState rows={2} />
      )}
      {hazards.length > 0 ? (
        <div className="mt-4">
          <Checkbox label={m.confirmHazards} checked={accepted} onChange={setAccepted} />
        </div>
      ) : null}
      <JobNote job={busy ? job : undefined} />
      <ErrorNote error={error} className="mt-4" />
    </ConfirmDialog>
  );
}

/** Shows what dropping (or undoing) will do, then does it, and offers the way back. */
export function PlannedDialog(props: PlannedDialogProps) {
  return props.open ? <PlannedBody {...props} /> : null;
}
