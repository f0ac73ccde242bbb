import { Link } from '@tanstack/react-router';
import { partOf } from '@/shared/api/jobs';
import type { Job } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { planMessages } from './i18n';

/** A change that takes long, while it runs. */
export function JobNote({ job }: { job: Job | undefined }) {
  const m = useMessages(planMessages);
  if (!job) return null;
  const part = partOf(job);
  return (
    <div className="mt-4 rounded-md border border-border px-3 py-2.5">
      <p className="mb-2 font-medium text-sm">{m.running}</p>
      <progress
        aria-label={m.running}
        {...(part === undefined ? {} : { value: part })}
        max={1}
        className="progress w-full"
      />
      <p className="mt-2 text-muted text-xs">
        {m.runningText}{' '}
        <Link to="/jobs" className="text-accent-text underline underline-offset-2">
          {m.runningLink}
        </Link>
      </p>
    </div>
  );
}
