import { Dialog as Base } from '@base-ui/react/dialog';
import clsx from 'clsx';
import { X } from 'lucide-react';
import { type FormEvent, type ReactNode, useRef } from 'react';
import { useMessages } from '../i18n/core';
import { Button, IconButton } from './button';
import { uiMessages } from './i18n';
import { LayerHome } from './layer';

export interface DialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  children?: ReactNode;
  /** Buttons at the foot. */
  footer?: ReactNode;
  size?: 'sm' | 'md' | 'lg' | 'xl';
  /** A form around body and footer; Enter and Mod+Enter submit it. */
  onSubmit?: (event: FormEvent) => void;
}

/** Where one begins: the first field, else the first button at the foot, never the closing cross. */
function firstPlace(popup: HTMLElement | null): HTMLElement | null {
  return (
    popup?.querySelector<HTMLElement>(
      '[data-dialog-body] :is(input:not([aria-hidden]), textarea, [role="combobox"])',
    ) ??
    popup?.querySelector<HTMLElement>('[data-dialog-foot] button:not(:disabled)') ??
    popup
  );
}

const widths = { sm: 'max-w-sm', md: 'max-w-lg', lg: 'max-w-2xl', xl: 'max-w-4xl' };

export function Dialog({
  open,
  onOpenChange,
  title,
  description,
  children,
  footer,
  size = 'md',
  onSubmit,
}: DialogProps) {
  const m = useMessages(uiMessages);
  const popup = useRef<HTMLDivElement>(null);
  const inner = (
    <LayerHome value={popup}>
      <div data-dialog-body className="scroll-thin min-h-0 flex-1 overflow-y-auto px-5 pb-5">
        {children}
      </div>
      {footer ? (
        <div
          data-dialog-foot
          className="flex flex-wrap items-center justify-end gap-2 border-border border-t bg-surface-2/60 px-5 py-3"
        >
          {footer}
        </div>
      ) : null}
    </LayerHome>
  );
  return (
    <Base.Root open={open} onOpenChange={(next) => onOpenChange(next)}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Viewport className="fixed inset-0 z-40 flex items-start justify-center overflow-hidden px-4 py-[8vh]">
          <Base.Popup
            ref={popup}
            initialFocus={() => firstPlace(popup.current)}
            className={clsx(
              'floating flex max-h-full w-full flex-col overflow-hidden rounded-xl border border-border bg-surface shadow-float outline-none',
              widths[size],
            )}
          >
            <div className="flex items-start gap-3 px-5 pt-4 pb-3">
              <div className="min-w-0 flex-1">
                <Base.Title className="font-semibold text-lg">{title}</Base.Title>
                {description ? (
                  <Base.Description className="mt-1 text-muted text-sm">
                    {description}
                  </Base.Description>
                ) : null}
              </div>
              <Base.Close
                render={
                  <IconButton label={m.close} size="sm" className="-mr-1.5">
                    <X className="size-4" aria-hidden />
                  </IconButton>
                }
              />
            </div>
            {onSubmit ? (
              <form
                className="flex min-h-0 flex-1 flex-col"
                onSubmit={(event) => {
                  event.preventDefault();
                  onSubmit(event);
                }}
                onKeyDown={(event) => {
                  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
                    event.currentTarget.requestSubmit();
                }}
              >
                {inner}
              </form>
            ) : (
              inner
            )}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}

export interface ConfirmDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  description?: ReactNode;
  /** The verb on the button: "Delete table", never "OK". */
  action: string;
  danger?: boolean;
  busy?: boolean;
  disabled?: boolean;
  onConfirm: () => void;
  children?: ReactNode;
}

export function ConfirmDialog({
  open,
  onOpenChange,
  title,
  description,
  action,
  danger = false,
  busy = false,
  disabled = false,
  onConfirm,
  children,
}: ConfirmDialogProps) {
  const m = useMessages(uiMessages);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title={title}
      description={description}
      size="md"
      onSubmit={() => onConfirm()}
      footer={
        <>
          <Button onClick={() => onOpenChange(false)}>{m.cancel}</Button>
          <Button
            type="submit"
            variant={danger ? 'danger' : 'primary'}
            busy={busy}
            disabled={disabled}
          >
            {action}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}
