import clsx from 'clsx';
import { CircleAlert, LockKeyhole, RotateCw, SearchX } from 'lucide-react';
import { type ReactNode, useEffect, useState } from 'react';
import { ApiError } from '../api/client';
import { useMessages } from '../i18n/core';
import { Button } from './button';
import { describeError, uiMessages } from './i18n';

export interface EmptyStateProps {
  icon?: ReactNode;
  title: string;
  children?: ReactNode;
  actions?: ReactNode;
  className?: string;
}

/** Says what this place is for and offers the first step. */
export function EmptyState({ icon, title, children, actions, className }: EmptyStateProps) {
  return (
    <div
      className={clsx(
        'mx-auto flex max-w-md flex-col items-center px-6 py-16 text-center',
        className,
      )}
    >
      {icon ? (
        <div className="mb-4 flex size-12 items-center justify-center rounded-xl border border-border bg-surface text-muted shadow-card">
          {icon}
        </div>
      ) : null}
      <p className="font-semibold text-lg">{title}</p>
      {children ? <div className="mt-1.5 text-muted text-sm">{children}</div> : null}
      {actions ? <div className="mt-5 flex flex-wrap justify-center gap-2">{actions}</div> : null}
    </div>
  );
}

export interface ErrorStateProps {
  error: unknown;
  onRetry?: () => void;
  className?: string;
}

/** A page or panel that could not be shown: what happened, what to do, the id to quote. */
export function ErrorState({ error, onRetry, className }: ErrorStateProps) {
  const m = useMessages(uiMessages);
  const failure = error instanceof ApiError ? error : null;
  const icon =
    failure?.status === 403 ? (
      <LockKeyhole className="size-5" aria-hidden />
    ) : failure?.status === 404 ? (
      <SearchX className="size-5" aria-hidden />
    ) : (
      <CircleAlert className="size-5" aria-hidden />
    );
  const { title, text } = describeError(m, error);
  return (
    <div role="alert" className={className}>
      <EmptyState
        icon={icon}
        title={title}
        actions={
          onRetry ? (
            <Button icon={<RotateCw className="size-4" aria-hidden />} onClick={onRetry}>
              {m.retry}
            </Button>
          ) : null
        }
      >
        <p>{text}</p>
        {failure?.hint ? <p className="mt-1">{failure.hint}</p> : null}
        {failure?.requestId ? (
          <p className="mt-3 font-mono text-xs" translate="no">
            {m.requestId} {failure.requestId}
          </p>
        ) : null}
      </EmptyState>
    </div>
  );
}

/** An error beside the form that caused it. */
export function ErrorNote({ error, className }: { error: unknown; className?: string }) {
  const m = useMessages(uiMessages);
  if (!error) return null;
  const failure = error instanceof ApiError ? error : null;
  const { title, text } = describeError(m, error);
  return (
    <div
      role="alert"
      className={clsx(
        'flex gap-2.5 rounded-md border border-danger/30 bg-danger-soft px-3 py-2 text-sm',
        className,
      )}
    >
      <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger-text" aria-hidden />
      <div className="min-w-0 break-words">
        <p className="font-medium">{title}</p>
        {text && text !== title ? <p className="text-muted">{text}</p> : null}
        {failure?.detail && failure.detail !== text ? (
          <p className="text-muted">{failure.detail}</p>
        ) : null}
        {failure?.hint ? <p className="text-muted">{failure.hint}</p> : null}
      </div>
    </div>
  );
}

/** True after the delay: what comes at once needs no skeleton. */
export function useDelay(milliseconds = 150): boolean {
  const [passed, setPassed] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setPassed(true), milliseconds);
    return () => clearTimeout(timer);
  }, [milliseconds]);
  return passed;
}

export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={clsx('animate-pulse rounded-md bg-surface-3', className)} />;
}

/** Rows of a list to come. */
export function LoadingState({ rows = 5 }: { rows?: number }) {
  const m = useMessages(uiMessages);
  const visible = useDelay();
  return (
    <div role="status" className="flex flex-col gap-2 p-1">
      <span className="sr-only">{m.loading}</span>
      {visible
        ? Array.from({ length: rows }, (_, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
            <Skeleton key={index} className="h-12 w-full" />
          ))
        : null}
    </div>
  );
}
