import { useMessages } from '@/shared/i18n/core';
import { useAllCommands } from '@/shared/lib/commands';
import { Dialog } from '@/shared/ui/dialog';
import { Kbd } from '@/shared/ui/kbd';
import { appMessages } from './i18n';
import { useShellLayers } from './shell-commands';

export function ShortcutsDialog({ open }: { open: boolean }) {
  const m = useMessages(appMessages);
  const commands = useAllCommands().filter((command) => command.keys);
  const groups: [string, [string, string][]][] = [
    [
      m.shortcutGeneral,
      commands
        .filter((command) => !command.keys?.startsWith('g '))
        .map((command) => [command.label, command.keys ?? '']),
    ],
    [
      m.shortcutGoTo,
      commands
        .filter((command) => command.keys?.startsWith('g '))
        .map((command) => [command.label, command.keys ?? '']),
    ],
    [
      m.shortcutForms,
      [
        [m.shortcutSubmit, 'Mod+Enter'],
        [m.shortcutClose, 'Esc'],
        [m.shortcutMove, 'Alt+↑ Alt+↓'],
      ],
    ],
    [
      m.shortcutGrid,
      Object.entries(m.gridKeys).map(([keys, label]): [string, string] => [label, keys]),
    ],
  ];
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => useShellLayers.setState({ shortcuts: next })}
      title={m.shortcuts}
      description={m.shortcutsIntro}
      size="lg"
    >
      <div className="gap-x-8 sm:columns-2">
        {groups.map(([title, rows]) => (
          <section key={title} className="mb-5 break-inside-avoid">
            <h3 className="mb-1.5 font-medium text-muted text-xs">{title}</h3>
            <dl className="flex flex-col">
              {rows.map(([label, keys]) => (
                <div key={label + keys} className="flex min-h-8 items-center gap-3 text-sm">
                  <dt className="min-w-0 flex-1">{label}</dt>
                  <dd className="flex gap-1">
                    {keys.split(' ').map((key) => (
                      <Kbd key={key}>{key}</Kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
