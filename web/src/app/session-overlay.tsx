import { useQueryClient } from '@tanstack/react-query';
import { SignInForm } from '@/features/session/sign-in-form';
import { useMessages } from '@/shared/i18n/core';
import { useSession } from '@/shared/session/session';
import { Dialog } from '@/shared/ui/dialog';
import { appMessages } from './i18n';

/** Signs in again over the page, which keeps what was typed. */
export function SessionOverlay() {
  const m = useMessages(appMessages);
  const user = useSession((state) => state.user);
  const client = useQueryClient();
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      title={m.sessionExpired}
      description={m.sessionExpiredText}
      size="sm"
    >
      <SignInForm email={user?.email ?? ''} onDone={() => void client.invalidateQueries()} />
    </Dialog>
  );
}
