import { Dialog as Base } from '@base-ui/react/dialog';
import clsx from 'clsx';
import { Search } from 'lucide-react';
import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { type Command, scoreMatch, useAllCommands } from '@/shared/lib/commands';
import { Kbd } from '@/shared/ui/kbd';
import { appMessages } from './i18n';
import { useShellLayers } from './shell-commands';

function close(): void {
  useShellLayers.setState({ palette: false });
}

function rank(commands: Command[], query: string): Command[] {
  return commands
    .filter((command) => command.group !== '' && (query.trim() || !command.onlySearched))
    .map((command) => ({
      command,
      score: Math.max(
        scoreMatch(query, command.label),
        command.words ? scoreMatch(query, command.words) - 50 : -1,
      ),
    }))
    .filter(({ score }) => score >= 0)
    .sort((a, b) => (query ? b.score - a.score : 0))
    .slice(0, 60)
    .map(({ command }) => command);
}

function PaletteBody() {
  const m = useMessages(appMessages);
  const id = useId();
  const [query, setQuery] = useState('');
  const [active, setActive] = useState(0);
  const list = useRef<HTMLDivElement>(null);
  const commands = useAllCommands();
  const found = useMemo(() => rank(commands, query), [commands, query]);
  const current = found[Math.min(active, found.length - 1)];

  useEffect(() => {
    if (current)
      list.current
        ?.querySelector(`[id="${CSS.escape(`${id}-${current.id}`)}"]`)
        ?.scrollIntoView({ block: 'nearest' });
  }, [current, id]);

  function run(command: Command | undefined) {
    if (!command) return;
    close();
    // After the layer has given the focus back: the command may move it.
    setTimeout(() => command.run(), 0);
  }

  return (
    <>
      <div className="flex items-center gap-2.5 border-border border-b px-4">
        <Search className="size-4 shrink-0 text-muted" aria-hidden />
        <input
          // biome-ignore lint/a11y/noAutofocus: the layer is opened in order to type
          autoFocus
          role="combobox"
          aria-label={m.paletteHint}
          aria-expanded="true"
          aria-controls={`${id}-list`}
          {...(current ? { 'aria-activedescendant': `${id}-${current.id}` } : {})}
          placeholder={m.paletteHint}
          value={query}
          onChange={(event) => {
            setQuery(event.target.value);
            setActive(0);
          }}
          onKeyDown={(event) => {
            const last = found.length - 1;
            if (event.key === 'ArrowDown') setActive((at) => (at >= last ? 0 : at + 1));
            else if (event.key === 'ArrowUp') setActive((at) => (at <= 0 ? last : at - 1));
            else if (event.key === 'Home') setActive(0);
            else if (event.key === 'End') setActive(last);
            else if (event.key === 'Enter') run(current);
            else return;
            event.preventDefault();
          }}
          className="h-12 flex-1 bg-transparent text-base outline-none"
        />
      </div>
      <div
        ref={list}
        id={`${id}-list`}
        role="listbox"
        aria-label={m.palette}
        className="scroll-thin max-h-96 overflow-y-auto p-1.5"
      >
        {found.map((command, index) => (
          <div key={command.id} role="presentation">
            {!query && found[index - 1]?.group !== command.group ? (
              <div role="presentation" className="px-2.5 pt-2 pb-1 font-medium text-muted text-xs">
                {command.group}
              </div>
            ) : null}
            {/** biome-ignore lint/a11y/useKeyWithClickEvents: the input above has the keys */}
            <div
              id={`${id}-${command.id}`}
              role="option"
              tabIndex={-1}
              aria-selected={command === current}
              onMouseMove={() => setActive(index)}
              onClick={() => run(command)}
              className={clsx(
                'flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm',
                command === current && 'bg-surface-3',
              )}
            >
              <span className="flex w-5 justify-center text-muted" aria-hidden>
                {command.icon}
              </span>
              <span className="min-w-0 flex-1 truncate">{command.label}</span>
              {query ? <span className="text-muted text-xs">{command.group}</span> : null}
              {command.keys ? (
                <span className="flex gap-1">
                  {command.keys.split(' ').map((key) => (
                    <Kbd key={key}>{key}</Kbd>
                  ))}
                </span>
              ) : null}
            </div>
          </div>
        ))}
      </div>
      <p
        role="status"
        className={clsx('px-4 text-muted text-sm', found.length ? 'sr-only' : 'pb-6')}
      >
        {found.length === 0 ? m.nothingFound : ''}
      </p>
    </>
  );
}

export function CommandPalette({ open }: { open: boolean }) {
  const m = useMessages(appMessages);
  return (
    <Base.Root open={open} onOpenChange={(next) => useShellLayers.setState({ palette: next })}>
      <Base.Portal>
        <Base.Backdrop className="fixed inset-0 z-40 bg-overlay transition-opacity duration-100 data-ending-style:opacity-0 data-starting-style:opacity-0" />
        <Base.Viewport className="fixed inset-0 z-40 flex items-start justify-center px-4 pt-[14vh]">
          <Base.Popup className="floating w-full max-w-xl overflow-hidden rounded-xl border border-border bg-surface shadow-float outline-none">
            <Base.Title className="sr-only">{m.palette}</Base.Title>
            <PaletteBody />
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
