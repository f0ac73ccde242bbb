import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useRef } from 'react';
import { ConfirmDialog } from './dialog';

export interface LeaveWords {
  leaveTitle: string;
  leaveText: string;
  leave: string;
}

const databaseOf = ({ search }: { search: object }) =>
  'source' in search ? search.source : undefined;

/**
 * Asks before a page with unsaved work is left; `release` lets the next navigation pass.
 * `busy`: work that goes on when the page is left, but not when the window closes.
 */
export function useLeaveGuard(
  dirty: boolean,
  words: LeaveWords,
  busy = false,
): { release: () => void; dialog: ReactNode } {
  const released = useRef(false);
  const blocker = useBlocker({
    // What changes behind the question mark is the same page, unless it is the database.
    shouldBlockFn: ({ current, next }) =>
      dirty &&
      !released.current &&
      (current.pathname !== next.pathname || databaseOf(current) !== databaseOf(next)),
    enableBeforeUnload: () => (dirty || busy) && !released.current,
    withResolver: true,
  });
  return {
    release: () => {
      released.current = true;
    },
    dialog:
      blocker.status === 'blocked' ? (
        <ConfirmDialog
          open
          onOpenChange={() => blocker.reset()}
          title={words.leaveTitle}
          description={words.leaveText}
          action={words.leave}
          danger
          onConfirm={() => blocker.proceed()}
        />
      ) : null,
  };
}
