import { Outlet, useRouterState } from '@tanstack/react-router';
import { Menu as MenuIcon, WifiOff } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { allCommands, runKey } from '@/shared/lib/commands';
import { useSession } from '@/shared/session/session';
import { IconButton } from '@/shared/ui/button';
import { Logo } from '@/shared/ui/logo';
import { ErrorState } from '@/shared/ui/states';
import { appMessages } from './i18n';
import { CommandPalette } from './palette';
import { SessionOverlay } from './session-overlay';
import { useShellCommands, useShellLayers } from './shell-commands';
import { ShortcutsDialog } from './shortcuts-dialog';
import { Sidebar } from './sidebar';

function useOnline(): boolean {
  const [online, setOnline] = useState(() => navigator.onLine);
  useEffect(() => {
    const update = () => setOnline(navigator.onLine);
    window.addEventListener('online', update);
    window.addEventListener('offline', update);
    return () => {
      window.removeEventListener('online', update);
      window.removeEventListener('offline', update);
    };
  }, []);
  return online;
}

/** F6 walks the regions: sidebar, content. */
function moveRegion(backwards: boolean): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')].filter(
    (region) => region.offsetParent !== null,
  );
  const at = regions.findIndex((region) => region.contains(document.activeElement));
  const next = regions[(at + (backwards ? regions.length - 1 : 1)) % regions.length];
  const target =
    next?.querySelector<HTMLElement>('[aria-current="page"], a[href], button, [tabindex="0"]') ??
    next;
  target?.focus();
}

export function Shell() {
  const m = useMessages(appMessages);
  const status = useSession((state) => state.status);
  const layers = useShellLayers();
  const online = useOnline();
  const main = useRef<HTMLElement>(null);
  const location = useRouterState({ select: (state) => state.location.pathname });
  const [navigationOpen, setNavigationOpen] = useState(false);
  useShellCommands();

  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      if (event.key === 'F6') {
        event.preventDefault();
        moveRegion(event.shiftKey);
      } else if (runKey(event, allCommands())) event.preventDefault();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);

  // biome-ignore lint/correctness/useExhaustiveDependencies: closes when the address changes
  useEffect(() => setNavigationOpen(false), [location]);

  return (
    <div className="flex h-full min-h-0">
      {/** biome-ignore lint/a11y/useValidAnchor: it goes to a part of the page; the router must not see it */}
      <a
        href="#main"
        onClick={(event) => {
          event.preventDefault();
          main.current?.focus();
        }}
        className="-translate-y-20 absolute top-2 left-2 z-50 rounded-md bg-accent px-3 py-1.5 font-medium text-on-accent text-sm focus:translate-y-0"
      >
        {m.skip}
      </a>
      <Sidebar open={navigationOpen} onClose={() => setNavigationOpen(false)} />
      <div className="flex min-h-0 min-w-0 flex-1 flex-col">
        <header className="flex items-center gap-2 border-border border-b bg-surface px-3 py-2 md:hidden">
          <IconButton
            label={m.openMenu}
            aria-expanded={navigationOpen}
            onClick={() => setNavigationOpen(true)}
          >
            <MenuIcon className="size-4.5" aria-hidden />
          </IconButton>
          <Logo className="size-6" />
          <span className="font-semibold">Telaio</span>
        </header>
        {online ? null : (
          <div
            role="status"
            className="flex items-center gap-2 border-border border-b bg-warning-soft px-4 py-1.5 text-sm text-warning"
          >
            <WifiOff className="size-4" aria-hidden />
            {m.offline}
          </div>
        )}
        <main
          id="main"
          ref={main}
          tabIndex={-1}
          data-region="main"
          className="flex min-h-0 min-w-0 flex-1 flex-col bg-canvas outline-none"
        >
          {status === 'unreachable' ? (
            <ErrorState error={new Error(m.offline)} onRetry={() => window.location.reload()} />
          ) : (
            <Outlet />
          )}
        </main>
      </div>
      <CommandPalette open={layers.palette} />
      <ShortcutsDialog open={layers.shortcuts} />
      {status === 'expired' ? <SessionOverlay /> : null}
    </div>
  );
}
