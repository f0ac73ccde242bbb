import { useBlocker } from '@tanstack/react-router';
import { type ReactNode, useRef } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { ConfirmDialog } from '@/shared/ui/dialog';
import { designerMessages } from './i18n';

/** Asks before a draft is left; `release` lets the next navigation pass. */
export function useLeaveGuard(dirty: boolean): { release: () => void; dialog: ReactNode } {
  const m = useMessages(designerMessages);
  const released = useRef(false);
  const blocker = useBlocker({
    shouldBlockFn: () => dirty && !released.current,
    enableBeforeUnload: () => dirty && !released.current,
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
          title={m.leaveTitle}
          description={m.leaveText}
          action={m.leave}
          danger
          onConfirm={() => blocker.proceed()}
        />
      ) : null,
  };
}
