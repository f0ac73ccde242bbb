import type { QueryClient } from '@tanstack/react-query';
import { queryClient } from '@/app/query-client';
import { ApiError, api, path } from '@/shared/api/client';
import { settled } from '@/shared/api/jobs';
import { keys, type LooseChange, toChange } from '@/shared/api/queries';
import type { Change, Plan } from '@/shared/api/types';
import { messagesOf } from '@/shared/i18n/core';
import { describeError, uiMessages } from '@/shared/ui/i18n';
import { toast } from '@/shared/ui/toast';
import { planMessages } from './i18n';

const editor = 'api/db-editor';

/** Everything that a change of the schema makes old. */
export async function refreshSchema(client: QueryClient = queryClient): Promise<void> {
  await Promise.all(
    [keys.tables, ['rows'], keys.changes, keys.trash, keys.audit].map((queryKey) =>
      client.invalidateQueries({ queryKey }),
    ),
  );
}

/** Takes a change back; answers with the change that did it. */
export async function undoChange(changeId: string | number): Promise<Change | undefined> {
  const answer = await settled(
    await api.post<LooseChange>(`${path(`${editor}/changes`, changeId)}:undo`),
  );
  await refreshSchema();
  return answer && toChange(answer);
}

/** Says that a change is done and offers the way back. */
export function toastChange(title: string, changeId: string | number | null | undefined): void {
  const m = messagesOf(planMessages);
  toast({
    title,
    ...(changeId
      ? {
          action: {
            label: m.undo_,
            run: async () => {
              try {
                await undoChange(changeId);
                toast({ title: m.undone, description: m.undoneText });
              } catch (error) {
                const { title: what, text } = describeError(messagesOf(uiMessages), error);
                toast({ kind: 'error', title: what, description: text });
              }
            },
          },
        }
      : {}),
  });
}

export interface Dropped {
  changeId?: string;
  /** of an answer that is the change itself */
  id?: string;
  undoUntil?: string | null;
}

/** The change that an answer speaks of. */
export const changeIdOf = (answer: Dropped | null | undefined): string | undefined =>
  answer?.changeId ?? answer?.id;

/** The plan that a 409 `confirmation_required` carries, wherever the server put it. */
export function planOfRefusal(error: unknown): Plan | undefined {
  if (!(error instanceof ApiError) || error.code !== 'confirmation_required') return undefined;
  const found = [error.plan, error.params['plan'], error.data].find(
    (value) => typeof value === 'object' && value !== null && 'steps' in value,
  );
  return found as Plan | undefined;
}
