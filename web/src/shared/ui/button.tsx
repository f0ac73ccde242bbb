import clsx from 'clsx';
import { LoaderCircle } from 'lucide-react';
import type { ComponentProps, ReactNode } from 'react';
import { Tooltip } from './tooltip';

export type ButtonVariant =
  | 'primary'
  | 'secondary'
  | 'ghost'
  | 'danger'
  | 'danger-ghost'
  | 'danger-quiet';
export type ButtonSize = 'sm' | 'md' | 'lg';

const variants: Record<ButtonVariant, string> = {
  primary:
    'bg-accent text-on-accent shadow-card hover:bg-accent-hover disabled:hover:bg-accent border border-transparent',
  secondary:
    'bg-surface text-text border border-border shadow-card hover:bg-surface-2 hover:border-border-strong/60',
  ghost: 'text-text border border-transparent hover:bg-surface-3',
  danger:
    'bg-danger text-on-accent border border-transparent shadow-card hover:bg-danger-hover disabled:hover:bg-danger',
  'danger-ghost': 'text-danger-text border border-transparent hover:bg-danger-soft',
  // One of many in a list: red only for the hand that reaches for it.
  'danger-quiet':
    'text-muted border border-transparent hover:bg-danger-soft hover:text-danger-text focus-visible:text-danger-text',
};

const sizes: Record<ButtonSize, string> = {
  sm: 'h-7 px-2.5 text-xs gap-1.5',
  md: 'h-8 px-3 text-sm gap-1.5',
  lg: 'h-10 px-4 text-base gap-2',
};

/** The classes of a button, for links that look like one. */
export function buttonClass(variant: ButtonVariant = 'secondary', size: ButtonSize = 'md'): string {
  return clsx(
    'inline-flex shrink-0 select-none items-center justify-center whitespace-nowrap rounded-md font-medium transition-colors duration-100',
    'disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:opacity-50',
    variants[variant],
    sizes[size],
  );
}

export interface ButtonProps extends ComponentProps<'button'> {
  variant?: ButtonVariant;
  size?: ButtonSize;
  icon?: ReactNode;
  busy?: boolean;
}

export function Button({
  variant = 'secondary',
  size = 'md',
  icon,
  busy = false,
  className,
  children,
  disabled,
  type = 'button',
  ...rest
}: ButtonProps) {
  return (
    <button
      {...rest}
      type={type}
      disabled={disabled || busy}
      aria-busy={busy || undefined}
      className={clsx(buttonClass(variant, size), className)}
    >
      {busy ? <LoaderCircle className="size-4 animate-spin" aria-hidden /> : icon}
      {children}
    </button>
  );
}

export interface IconButtonProps extends Omit<ButtonProps, 'icon' | 'children'> {
  /** Says what it does: the accessible name and the tooltip. */
  label: string;
  shortcut?: string;
  children: ReactNode;
}

export function IconButton({
  label,
  shortcut,
  variant = 'ghost',
  size = 'md',
  className,
  children,
  type = 'button',
  ...rest
}: IconButtonProps) {
  const square = { sm: 'w-7 px-0!', md: 'w-8 px-0!', lg: 'w-10 px-0!' }[size];
  return (
    <Tooltip label={label} shortcut={shortcut}>
      <button
        {...rest}
        type={type}
        aria-label={label}
        className={clsx(buttonClass(variant, size), square, className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}
