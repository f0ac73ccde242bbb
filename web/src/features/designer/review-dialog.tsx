import { type ReactNode, useState } from 'react';
import { planMessages } from '@/features/plans/i18n';
import { JobNote } from '@/features/plans/job-note';
import { PlanReview } from '@/features/plans/plan-review';
import type { Job, Plan } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { Checkbox } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { ErrorNote, LoadingState } from '@/shared/ui/states';
import { designerMessages } from './i18n';
import { hazardIds } from './model';

export interface ReviewDialogProps {
  title: string;
  action: string;
  plan: Plan | undefined;
  /** what changes without SQL, in words */
  notes?: string[];
  error: unknown;
  busy: boolean;
  /** the change as it runs, where it takes long */
  job?: Job | undefined;
  onConfirm: (hazards: string[]) => void;
  onClose: () => void;
  children?: ReactNode;
}

/** The last look before a change runs: its statements, its risks, its way back. */
export function ReviewDialog({
  title,
  action,
  plan,
  notes = [],
  error,
  busy,
  job,
  onConfirm,
  onClose,
}: ReviewDialogProps) {
  const m = useMessages(designerMessages);
  const p = useMessages(planMessages);
  const ui = useMessages(uiMessages);
  const [accepted, setAccepted] = useState(false);
  const hazards = plan ? hazardIds(plan) : [];
  return (
    <Dialog
      open
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      title={title}
      description={m.reviewText}
      size="xl"
      onSubmit={() => {
        if (plan && !busy) onConfirm(hazards);
      }}
      footer={
        <>
          <Button onClick={onClose}>{ui.cancel}</Button>
          <Button
            type="submit"
            variant="primary"
            busy={busy}
            disabled={!plan || (hazards.length > 0 && !accepted)}
          >
            {action}
          </Button>
        </>
      }
    >
      {plan ? <PlanReview plan={plan} /> : error ? null : <LoadingState rows={3} />}
      {notes.length > 0 ? (
        <section className="mt-4">
          <h3 className="mb-1 font-medium text-sm">{m.registryChanges}</h3>
          <ul className="list-disc pl-5 text-sm">
            {notes.map((note) => (
              <li key={note}>{note}</li>
            ))}
          </ul>
        </section>
      ) : null}
      {hazards.length > 0 ? (
        <div className="mt-4">
          <Checkbox label={p.confirmHazards} checked={accepted} onChange={setAccepted} />
        </div>
      ) : null}
      <JobNote job={busy ? job : undefined} />
      <ErrorNote error={error} className="mt-4" />
    </Dialog>
  );
}
