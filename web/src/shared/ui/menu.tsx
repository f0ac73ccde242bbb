import { Menu as Base } from '@base-ui/react/menu';
import clsx from 'clsx';
import { Check } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { Kbd } from './kbd';
import { useLayerHome } from './layer';

export interface MenuProps {
  trigger: ReactElement;
  children: ReactNode;
  align?: 'start' | 'center' | 'end';
  side?: 'top' | 'bottom' | 'left' | 'right';
  /** asked when it closes: false where the focus went on elsewhere by what was chosen */
  returnsFocus?: () => boolean;
}

export const floatingPanel =
  'floating z-50 rounded-lg border border-border bg-surface p-1 shadow-float outline-none';

const itemClass =
  'flex min-h-8 w-full cursor-default select-none items-center gap-2.5 rounded-md px-2 py-1 text-left text-sm outline-none data-disabled:opacity-50';

export function Menu({
  trigger,
  children,
  align = 'end',
  side = 'bottom',
  returnsFocus,
}: MenuProps) {
  const home = useLayerHome();
  return (
    <Base.Root>
      <Base.Trigger render={trigger} />
      <Base.Portal container={home}>
        <Base.Positioner sideOffset={5} align={align} side={side} className="z-50">
          <Base.Popup
            {...(returnsFocus ? { finalFocus: returnsFocus } : {})}
            className={clsx(floatingPanel, 'min-w-48 max-w-80')}
          >
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export interface MenuItemProps {
  icon?: ReactNode;
  onSelect?: () => void;
  danger?: boolean;
  disabled?: boolean;
  shortcut?: string;
  children: ReactNode;
  /** A link instead of an action. */
  render?: ReactElement;
}

export function MenuItem({
  icon,
  onSelect,
  danger,
  disabled,
  shortcut,
  children,
  render,
}: MenuItemProps) {
  return (
    <Base.Item
      {...(render ? { render } : {})}
      disabled={disabled ?? false}
      onClick={onSelect}
      className={clsx(
        itemClass,
        danger
          ? 'text-danger-text data-highlighted:bg-danger-soft'
          : 'data-highlighted:bg-surface-3',
      )}
    >
      {icon ? (
        <span className={clsx('shrink-0', danger ? '' : 'text-muted')} aria-hidden>
          {icon}
        </span>
      ) : null}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {shortcut ? <Kbd>{shortcut}</Kbd> : null}
    </Base.Item>
  );
}

export interface MenuChoiceProps<T extends string> {
  label: string;
  value: T;
  options: { value: T; label: string; icon?: ReactNode; hint?: string }[];
  onChange: (value: T) => void;
}

/** One of several values, in a menu. */
export function MenuChoice<T extends string>({
  label,
  value,
  options,
  onChange,
}: MenuChoiceProps<T>) {
  return (
    <Base.Group>
      <Base.GroupLabel className="px-2 pt-1.5 pb-1 font-medium text-muted text-xs">
        {label}
      </Base.GroupLabel>
      <Base.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
        {options.map((option) => (
          <Base.RadioItem
            key={option.value}
            value={option.value}
            closeOnClick
            className={clsx(itemClass, 'data-highlighted:bg-surface-3')}
          >
            {option.icon ? (
              <span className="shrink-0 text-muted" aria-hidden>
                {option.icon}
              </span>
            ) : null}
            <span className="min-w-0 flex-1 truncate">{option.label}</span>
            {option.hint ? <span className="text-muted text-xs">{option.hint}</span> : null}
            <span className="flex w-4 shrink-0 justify-center">
              <Base.RadioItemIndicator>
                <Check className="size-4 text-accent-text" aria-hidden />
              </Base.RadioItemIndicator>
            </span>
          </Base.RadioItem>
        ))}
      </Base.RadioGroup>
    </Base.Group>
  );
}

export function MenuSeparator() {
  return <Base.Separator className="mx-1 my-1 h-px bg-border" />;
}
