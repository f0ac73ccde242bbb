import type { ReactNode } from 'react';
import { useEffect } from 'react';
import { create } from 'zustand';

/** Something a person can do: the palette, the menus and the keys read the same list. */
export interface Command {
  id: string;
  label: string;
  group: string;
  icon?: ReactNode;
  /** "Mod+K", "?", or a sequence: "g t" */
  keys?: string;
  /** more words to find it by */
  words?: string;
  /** not in the list that is shown before one types */
  onlySearched?: boolean;
  run: () => void;
}

interface CommandState {
  sources: Record<string, Command[]>;
}

const useCommandStore = create<CommandState>(() => ({ sources: {} }));

/** Offers commands while the component is shown. Keep the list stable with useMemo. */
export function useCommands(source: string, commands: Command[]): void {
  useEffect(() => {
    useCommandStore.setState((state) => ({ sources: { ...state.sources, [source]: commands } }));
    return () =>
      useCommandStore.setState((state) => {
        const { [source]: _gone, ...rest } = state.sources;
        return { sources: rest };
      });
  }, [source, commands]);
}

export function useAllCommands(): Command[] {
  const sources = useCommandStore((state) => state.sources);
  return Object.values(sources).flat();
}

export function allCommands(): Command[] {
  return Object.values(useCommandStore.getState().sources).flat();
}

/** Letters of the query in order; higher is better, -1 is no match. */
export function scoreMatch(query: string, text: string): number {
  const wanted = query.toLowerCase().trim();
  const given = text.toLowerCase();
  if (!wanted) return 0;
  const at = given.indexOf(wanted);
  if (at === 0) return 1000 - given.length;
  if (at > 0) return (given[at - 1] === ' ' ? 800 : 600) - given.length;
  let from = 0;
  let gaps = 0;
  for (const letter of wanted) {
    const found = given.indexOf(letter, from);
    if (found < 0) return -1;
    gaps += found - from;
    from = found + 1;
  }
  return 300 - gaps - given.length;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return (
    target.isContentEditable ||
    /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) ||
    target.closest('[role="grid"],[role="dialog"],[role="menu"],[role="listbox"]') !== null
  );
}

/** The text of a key press as commands write it: by the character, never by the place of the key. */
export function keyText(event: KeyboardEvent): string {
  const parts: string[] = [];
  if (event.ctrlKey || event.metaKey) parts.push('Mod');
  if (event.altKey) parts.push('Alt');
  const key = event.key.length === 1 ? event.key : event.key;
  // Shift is part of the character for "?" and the like, and named for letters with Mod.
  if (event.shiftKey && parts.length > 0) parts.push('Shift');
  parts.push(parts.length > 0 && key.length === 1 ? key.toUpperCase() : key);
  return parts.join('+');
}

let pendingPrefix = '';
let pendingTimer: ReturnType<typeof setTimeout> | undefined;

/** Finds and runs the command of a key press; true when one ran. */
export function runKey(event: KeyboardEvent, commands: Command[]): boolean {
  const text = keyText(event);
  const modified = text.startsWith('Mod+') || text.startsWith('Alt+');
  if (!modified && isTyping(event.target)) return false;
  const sequence = pendingPrefix ? `${pendingPrefix} ${text}` : text;
  pendingPrefix = '';
  clearTimeout(pendingTimer);
  const exact = commands.find((command) => command.keys === sequence);
  if (exact) {
    exact.run();
    return true;
  }
  if (!modified && commands.some((command) => command.keys?.startsWith(`${text} `))) {
    pendingPrefix = text;
    pendingTimer = setTimeout(() => {
      pendingPrefix = '';
    }, 1200);
    return true;
  }
  return false;
}
