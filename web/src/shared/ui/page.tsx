import clsx from 'clsx';
import type { ReactNode } from 'react';

export interface PageProps {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  width?: 'normal' | 'wide';
}

/** A page of the studio: one heading, its actions, its content. */
export function Page({ title, description, actions, children, width = 'normal' }: PageProps) {
  return (
    <div className="scroll-thin min-h-0 flex-1 overflow-y-auto">
      <title>{`${title} · Telaio`}</title>
      <div
        className={clsx(
          'mx-auto w-full px-5 py-6 sm:px-8',
          width === 'wide' ? 'max-w-7xl' : 'max-w-5xl',
        )}
      >
        <header className="mb-5 flex flex-wrap items-start gap-x-4 gap-y-3">
          <div className="min-w-0 flex-1">
            <h1 className="font-semibold text-xl tracking-tight">{title}</h1>
            {description ? (
              <p className="mt-1 max-w-2xl text-muted text-sm">{description}</p>
            ) : null}
          </div>
          {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
        </header>
        {children}
      </div>
    </div>
  );
}
