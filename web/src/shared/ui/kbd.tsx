import clsx from 'clsx';

const isApple =
  typeof navigator !== 'undefined' &&
  /Mac|iPhone|iPad/.test(navigator.platform || navigator.userAgent);

/** "Mod+K" as the keys of this machine: Ctrl K, or ⌘ K. */
export function shortcutParts(shortcut: string): string[] {
  return shortcut.split('+').map((part) => {
    if (part === 'Mod') return isApple ? '⌘' : 'Ctrl';
    if (part === 'Shift') return isApple ? '⇧' : 'Shift';
    if (part === 'Alt') return isApple ? '⌥' : 'Alt';
    return part;
  });
}

export function Kbd({ children, inverse = false }: { children: string; inverse?: boolean }) {
  return (
    <span className="inline-flex gap-0.5" translate="no">
      {shortcutParts(children).map((part) => (
        <kbd
          key={part}
          className={clsx(
            'inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm px-1 font-sans text-2xs',
            inverse ? 'bg-canvas/20 text-canvas' : 'border border-border bg-surface-2 text-muted',
          )}
        >
          {part}
        </kbd>
      ))}
    </span>
  );
}
