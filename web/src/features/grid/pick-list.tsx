import clsx from 'clsx';
import { type KeyboardEvent, type Ref, useEffect, useId, useRef, useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { inputClass } from '@/shared/ui/fields';
import { floatingPanel } from '@/shared/ui/menu';
import { gridMessages } from './i18n';

export interface PickOption {
  value: unknown;
  label: string;
  hint?: string;
}

export interface PickListProps {
  label: string;
  /** what the field says before one types */
  current: string;
  /** what is chosen now: it leads the list, so that Enter alone changes nothing */
  value: unknown;
  load: (query: string, signal: AbortSignal) => PickOption[] | Promise<PickOption[]>;
  nullable: boolean;
  onPick: (value: unknown) => void;
  /** keys that are not for the list */
  onKeyDown?: (event: KeyboardEvent) => void;
  /** left without a choice */
  onLeave?: () => void;
  inputRef?: Ref<HTMLInputElement>;
  inputClassName?: string;
  above?: boolean;
  atEnd?: boolean;
  id?: string;
  startOpen?: boolean;
}

/** The next option, around the ends; from none the first or the last. */
export function nextActive(active: number, by: 1 | -1, count: number): number {
  if (count === 0) return -1;
  if (active < 0) return by > 0 ? 0 : count - 1;
  return (active + by + count) % count;
}

/** A field with a list of what it may hold, searched while one types. */
export function PickList({
  label,
  current,
  value,
  load,
  nullable,
  onPick,
  onKeyDown,
  onLeave,
  inputRef,
  inputClassName,
  above = false,
  atEnd = false,
  id,
  startOpen = false,
}: PickListProps) {
  const m = useMessages(gridMessages);
  const listId = useId();
  const [query, setQuery] = useState<string | null>(null);
  const [open, setOpen] = useState(startOpen);
  const [options, setOptions] = useState<PickOption[] | null>(null);
  const [active, setActive] = useState(0);
  const loader = useRef(load);
  loader.current = load;
  const valueNow = useRef(value);
  valueNow.current = value ?? null;

  useEffect(() => {
    if (!open) return;
    const controller = new AbortController();
    const timer = setTimeout(
      async () => {
        try {
          const found = await loader.current(query ?? '', controller.signal);
          if (controller.signal.aborted) return;
          const all =
            nullable && !query
              ? [{ value: null, label: m.noValue, hint: 'NULL' }, ...found]
              : found;
          setOptions(all);
          setActive(query ? 0 : all.findIndex((option) => option.value === valueNow.current));
        } catch {
          if (!controller.signal.aborted) setOptions([]);
        }
      },
      query ? 150 : 0,
    );
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [open, query, nullable, m]);

  const pick = (option: PickOption | undefined) => {
    if (!option) return;
    setOpen(false);
    setQuery(null);
    onPick(option.value);
  };
  const onKey = (event: KeyboardEvent) => {
    const { key } = event;
    if (open && (key === 'ArrowDown' || key === 'ArrowUp') && options) {
      event.preventDefault();
      const by = key === 'ArrowDown' ? 1 : -1;
      setActive(nextActive(active, by, options.length));
    } else if (!open && key === 'ArrowDown') {
      event.preventDefault();
      setOpen(true);
    } else if (open && (key === 'Enter' || key === 'Tab') && options?.[active]) {
      if (key === 'Enter') event.preventDefault();
      // Without a word typed and nothing chosen, Tab only goes on.
      if (key === 'Tab' && query === null) onKeyDown?.(event);
      else pick(options[active]);
    } else onKeyDown?.(event);
  };
  return (
    <div className="relative w-full min-w-0">
      <input
        ref={inputRef}
        id={id}
        type="text"
        role="combobox"
        autoComplete="off"
        aria-label={id ? undefined : label}
        aria-expanded={open}
        aria-autocomplete="list"
        aria-controls={listId}
        aria-activedescendant={open && options?.[active] ? `${listId}-${active}` : undefined}
        value={query ?? current}
        onFocus={(event) => event.currentTarget.select()}
        onClick={() => setOpen(true)}
        onBlur={() => {
          setOpen(startOpen);
          setQuery(null);
          onLeave?.();
        }}
        onChange={(event) => {
          setQuery(event.currentTarget.value);
          setOpen(true);
        }}
        onKeyDown={onKey}
        className={inputClassName ?? inputClass}
      />
      <div
        id={listId}
        role="listbox"
        aria-label={m.options}
        hidden={!open}
        className={clsx(
          floatingPanel,
          'scroll-thin absolute max-h-64 min-w-full max-w-96 overflow-y-auto',
          above ? 'bottom-full mb-1' : 'top-full mt-1',
          atEnd ? 'right-0' : 'left-0',
        )}
      >
        {options?.map((option, index) => (
          <div
            key={`${String(option.value)}`}
            id={`${listId}-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === active}
            onMouseDown={(event) => {
              event.preventDefault();
              pick(option);
            }}
            onMouseMove={() => setActive(index)}
            className={clsx(
              'flex min-h-8 cursor-default items-center gap-2 rounded-md px-2 py-1 text-sm',
              index === active && 'bg-surface-3',
            )}
          >
            <span className="min-w-0 flex-1 truncate">{option.label}</span>
            {option.hint ? (
              <span className="max-w-32 truncate font-mono text-muted text-xs">{option.hint}</span>
            ) : null}
          </div>
        ))}
        {options?.length === 0 || options === null ? (
          <div
            role="option"
            aria-disabled
            aria-selected={false}
            tabIndex={-1}
            className="px-2 py-1 text-muted text-sm"
          >
            {options === null ? m.searching : m.noOptions}
          </div>
        ) : null}
      </div>
    </div>
  );
}
