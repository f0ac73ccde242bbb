import { Tooltip as Base } from '@base-ui/react/tooltip';
import type { ReactElement } from 'react';
import { Kbd } from './kbd';

export interface TooltipProps {
  label: string;
  shortcut?: string | undefined;
  children: ReactElement;
}

export function Tooltip({ label, shortcut, children }: TooltipProps) {
  return (
    <Base.Root>
      <Base.Trigger render={children} />
      <Base.Portal>
        <Base.Positioner sideOffset={6} className="z-50">
          {/* The trigger bears the same words as its name: only eyes need them here. */}
          <Base.Popup
            aria-hidden
            className="floating flex items-center gap-2 rounded-md bg-text px-2 py-1 text-canvas text-xs shadow-float"
          >
            {label}
            {shortcut ? <Kbd inverse>{shortcut}</Kbd> : null}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}

export const TooltipProvider = Base.Provider;
