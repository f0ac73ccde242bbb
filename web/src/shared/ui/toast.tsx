import { Toast as Base } from '@base-ui/react/toast';
import clsx from 'clsx';
import { CircleAlert, CircleCheck, Info, X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useMessages } from '../i18n/core';
import { Button, IconButton } from './button';
import { uiMessages } from './i18n';

const manager = Base.createToastManager();

export interface ToastOptions {
  title: string;
  description?: string;
  kind?: 'success' | 'error' | 'info';
  /** A second chance: the label and what it runs. */
  action?: { label: string; run: () => void | Promise<void> };
  /** milliseconds; errors stay longer */
  timeout?: number;
}

/** Says that something is done; never the only place where an error is told. */
export function toast({ title, description, kind = 'success', action, timeout }: ToastOptions) {
  const id = manager.add({
    title,
    ...(description ? { description } : {}),
    type: kind,
    priority: kind === 'error' ? 'high' : 'low',
    timeout: timeout ?? (action ? 10_000 : kind === 'error' ? 9000 : 4500),
    ...(action
      ? {
          actionProps: {
            children: action.label,
            onClick: () => {
              manager.close(id);
              void action.run();
            },
          },
        }
      : {}),
  });
  return id;
}

const icons: Record<string, ReactNode> = {
  success: <CircleCheck className="size-4.5 text-success" aria-hidden />,
  error: <CircleAlert className="size-4.5 text-danger-text" aria-hidden />,
  info: <Info className="size-4.5 text-info" aria-hidden />,
};

function ToastList() {
  const m = useMessages(uiMessages);
  const { toasts } = Base.useToastManager();
  return toasts.map((item) => (
    <Base.Root
      key={item.id}
      toast={item}
      className={clsx(
        'flex w-full items-start gap-2.5 rounded-lg border border-border bg-surface py-2.5 pr-2 pl-3 shadow-float',
        'transition-[opacity,transform] duration-150 ease-out data-ending-style:translate-y-2 data-starting-style:translate-y-2 data-ending-style:opacity-0 data-starting-style:opacity-0',
      )}
    >
      <span className="mt-0.5 shrink-0">{icons[item.type ?? 'info']}</span>
      <Base.Content className="min-w-0 flex-1 py-px">
        <Base.Title className="font-medium text-sm" />
        <Base.Description className="mt-0.5 break-words text-muted text-xs" />
      </Base.Content>
      {item.actionProps ? <Base.Action render={<Button size="sm" variant="secondary" />} /> : null}
      <Base.Close
        render={
          <IconButton size="sm" label={m.close}>
            <X className="size-3.5" aria-hidden />
          </IconButton>
        }
      />
    </Base.Root>
  ));
}

export function Toaster({ children }: { children: ReactNode }) {
  return (
    <Base.Provider toastManager={manager} limit={4}>
      {children}
      <Base.Portal>
        <Base.Viewport className="fixed right-4 bottom-4 z-60 flex w-[min(24rem,calc(100vw-2rem))] flex-col gap-2">
          <ToastList />
        </Base.Viewport>
      </Base.Portal>
    </Base.Provider>
  );
}
