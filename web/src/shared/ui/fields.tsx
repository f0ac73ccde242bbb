import { Checkbox as BaseCheckbox } from '@base-ui/react/checkbox';
import { Select as BaseSelect } from '@base-ui/react/select';
import { Switch as BaseSwitch } from '@base-ui/react/switch';
import clsx from 'clsx';
import { Check, ChevronsUpDown, Minus } from 'lucide-react';
import { type ComponentProps, type ReactNode, useId } from 'react';
import { useLayerHome } from './layer';
import { floatingPanel } from './menu';

export const inputClass =
  'h-8 w-full min-w-0 rounded-md border border-border-strong bg-surface px-2.5 text-sm text-text shadow-card outline-offset-0 transition-colors hover:border-muted focus-visible:border-focus disabled:cursor-not-allowed disabled:bg-surface-2 disabled:text-muted aria-invalid:border-danger';

export interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  optional?: string | undefined;
  hideLabel?: boolean;
  className?: string;
}

interface FieldIds {
  id: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

/** Label, control, hint and error, tied together for everyone. */
export function Field({
  label,
  hint,
  error,
  optional,
  hideLabel,
  className,
  children,
}: FieldProps & { children: (ids: FieldIds) => ReactNode }) {
  const id = useId();
  const hintId = `${id}-hint`;
  const errorId = `${id}-error`;
  const describedBy = [hint ? hintId : '', error ? errorId : ''].filter(Boolean).join(' ');
  return (
    <div className={clsx('flex min-w-0 flex-col gap-1', className)}>
      <label
        htmlFor={id}
        className={clsx('flex gap-1.5 font-medium text-sm', hideLabel && 'sr-only')}
      >
        {label}
        {optional ? <span className="font-normal text-muted">{optional}</span> : null}
      </label>
      {children({
        id,
        ...(describedBy ? { 'aria-describedby': describedBy } : {}),
        ...(error ? { 'aria-invalid': true as const } : {}),
      })}
      {hint ? (
        <p id={hintId} className="text-muted text-xs">
          {hint}
        </p>
      ) : null}
      {error ? (
        <p id={errorId} className="text-danger-text text-xs" role="alert">
          {error}
        </p>
      ) : null}
    </div>
  );
}

export type TextFieldProps = FieldProps &
  Omit<ComponentProps<'input'>, 'className'> & {
    inputClassName?: string;
  };

export function TextField({
  label,
  hint,
  error,
  optional,
  hideLabel,
  className,
  inputClassName,
  ...rest
}: TextFieldProps) {
  return (
    <Field {...pick({ label, hint, error, optional, hideLabel, className })}>
      {(ids) => (
        <input type="text" {...rest} {...ids} className={clsx(inputClass, inputClassName)} />
      )}
    </Field>
  );
}

export type TextAreaProps = FieldProps &
  Omit<ComponentProps<'textarea'>, 'className'> & {
    mono?: boolean;
  };

export function TextArea({
  label,
  hint,
  error,
  optional,
  hideLabel,
  className,
  mono,
  ...rest
}: TextAreaProps) {
  return (
    <Field {...pick({ label, hint, error, optional, hideLabel, className })}>
      {(ids) => (
        <textarea
          rows={3}
          {...rest}
          {...ids}
          className={clsx(inputClass, 'h-auto py-1.5', mono && 'font-mono text-xs')}
        />
      )}
    </Field>
  );
}

/** Leaves out what is not given, for exact optional props. */
function pick(props: {
  label: ReactNode;
  hint: ReactNode;
  error: string | undefined;
  optional: string | undefined;
  hideLabel: boolean | undefined;
  className: string | undefined;
}): FieldProps {
  return {
    label: props.label,
    ...(props.hint === undefined ? {} : { hint: props.hint }),
    ...(props.error === undefined ? {} : { error: props.error }),
    ...(props.optional === undefined ? {} : { optional: props.optional }),
    ...(props.hideLabel === undefined ? {} : { hideLabel: props.hideLabel }),
    ...(props.className === undefined ? {} : { className: props.className }),
  };
}

export interface SelectOption<T extends string> {
  value: T;
  label: string;
  icon?: ReactNode;
  hint?: string;
  disabled?: boolean;
}

export interface SelectProps<T extends string> {
  /** The accessible name, where no visible label names it. */
  label?: string;
  id?: string;
  value: T | '';
  options: SelectOption<T>[];
  onChange: (value: T) => void;
  placeholder?: string;
  disabled?: boolean;
  className?: string;
  'aria-describedby'?: string;
  'aria-invalid'?: true;
}

export function Select<T extends string>({
  label,
  id,
  value,
  options,
  onChange,
  placeholder,
  disabled,
  className,
  ...aria
}: SelectProps<T>) {
  const home = useLayerHome();
  const current = options.find((option) => option.value === value);
  return (
    <BaseSelect.Root
      value={value === '' ? null : value}
      onValueChange={(next) => {
        if (next !== null) onChange(next as T);
      }}
      disabled={disabled ?? false}
      items={options.map(({ value: v, label: l }) => ({ value: v, label: l }))}
    >
      <BaseSelect.Trigger
        {...(id ? { id } : {})}
        {...(label ? { 'aria-label': label } : {})}
        {...aria}
        className={clsx(
          inputClass,
          'flex cursor-default items-center gap-2 text-left data-popup-open:border-focus',
          className,
        )}
      >
        {current?.icon ? (
          <span className="shrink-0 text-muted" aria-hidden>
            {current.icon}
          </span>
        ) : null}
        <span className={clsx('min-w-0 flex-1 truncate', current ? '' : 'text-muted')}>
          {current?.label ?? placeholder ?? ''}
        </span>
        <ChevronsUpDown className="size-3.5 shrink-0 text-muted" aria-hidden />
      </BaseSelect.Trigger>
      <BaseSelect.Portal container={home}>
        <BaseSelect.Positioner
          sideOffset={4}
          alignItemWithTrigger={false}
          className="z-50 max-h-80"
        >
          <BaseSelect.Popup
            className={clsx(
              floatingPanel,
              'scroll-thin max-h-80 min-w-(--anchor-width) overflow-y-auto',
            )}
          >
            {options.map((option) => (
              <BaseSelect.Item
                key={option.value}
                value={option.value}
                disabled={option.disabled ?? false}
                className="flex min-h-8 cursor-default select-none items-center gap-2.5 rounded-md px-2 py-1 text-sm outline-none data-highlighted:bg-surface-3 data-disabled:opacity-50"
              >
                {option.icon ? (
                  <span className="shrink-0 text-muted" aria-hidden>
                    {option.icon}
                  </span>
                ) : null}
                <BaseSelect.ItemText className="min-w-0 flex-1 truncate">
                  {option.label}
                </BaseSelect.ItemText>
                {option.hint ? <span className="text-muted text-xs">{option.hint}</span> : null}
                <span className="flex w-4 shrink-0 justify-center">
                  <BaseSelect.ItemIndicator>
                    <Check className="size-4 text-accent-text" aria-hidden />
                  </BaseSelect.ItemIndicator>
                </span>
              </BaseSelect.Item>
            ))}
          </BaseSelect.Popup>
        </BaseSelect.Positioner>
      </BaseSelect.Portal>
    </BaseSelect.Root>
  );
}

export function SelectField<T extends string>({
  label,
  hint,
  error,
  optional,
  hideLabel,
  className,
  ...select
}: FieldProps & Omit<SelectProps<T>, 'label' | 'id' | 'className'>) {
  return (
    <Field {...pick({ label, hint, error, optional, hideLabel, className })}>
      {(ids) => <Select {...select} {...ids} />}
    </Field>
  );
}

export interface CheckboxProps {
  label: ReactNode;
  hint?: ReactNode;
  checked: boolean;
  indeterminate?: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  hideLabel?: boolean;
}

export function Checkbox({
  label,
  hint,
  checked,
  indeterminate,
  onChange,
  disabled,
  hideLabel,
}: CheckboxProps) {
  const id = useId();
  return (
    <div className="flex min-h-6 items-start gap-2">
      <BaseCheckbox.Root
        aria-labelledby={`${id}-label`}
        {...(hint ? { 'aria-describedby': `${id}-hint` } : {})}
        id={id}
        checked={checked}
        indeterminate={indeterminate ?? false}
        disabled={disabled ?? false}
        onCheckedChange={(next) => onChange(next)}
        className="mt-0.5 flex size-4.5 shrink-0 items-center justify-center rounded-sm border border-border-strong bg-surface shadow-card hover:border-muted data-checked:border-accent data-indeterminate:border-accent data-checked:bg-accent data-indeterminate:bg-accent data-disabled:opacity-50"
      >
        <BaseCheckbox.Indicator className="text-on-accent">
          {indeterminate ? (
            <Minus className="size-3.5" strokeWidth={3} aria-hidden />
          ) : (
            <Check className="size-3.5" strokeWidth={3} aria-hidden />
          )}
        </BaseCheckbox.Indicator>
      </BaseCheckbox.Root>
      <div className={clsx('min-w-0', hideLabel && 'sr-only')}>
        <label id={`${id}-label`} htmlFor={id} className="select-none text-sm">
          {label}
        </label>
        {hint ? (
          <p id={`${id}-hint`} className="text-muted text-xs">
            {hint}
          </p>
        ) : null}
      </div>
    </div>
  );
}

export interface SwitchProps {
  label: string;
  checked: boolean;
  onChange: (checked: boolean) => void;
  disabled?: boolean;
  hideLabel?: boolean;
}

export function Switch({ label, checked, onChange, disabled, hideLabel }: SwitchProps) {
  const id = useId();
  return (
    <div className="flex min-h-6 items-center gap-2">
      <BaseSwitch.Root
        aria-labelledby={`${id}-label`}
        id={id}
        checked={checked}
        disabled={disabled ?? false}
        onCheckedChange={(next) => onChange(next)}
        className="flex h-5 w-9 shrink-0 items-center rounded-full border border-border-strong bg-surface-3 p-0.5 transition-colors data-checked:border-accent data-checked:bg-accent data-disabled:opacity-50"
      >
        <BaseSwitch.Thumb className="size-3.5 rounded-full bg-muted transition-transform duration-100 data-checked:translate-x-4 data-checked:bg-on-accent" />
      </BaseSwitch.Root>
      <label
        id={`${id}-label`}
        htmlFor={id}
        className={clsx('select-none text-sm', hideLabel && 'sr-only')}
      >
        {label}
      </label>
    </div>
  );
}
