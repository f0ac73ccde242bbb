import { Link } from '@tanstack/react-router';
import { Compass } from 'lucide-react';
import { useMessages } from '@/shared/i18n/core';
import { buttonClass } from '@/shared/ui/button';
import { EmptyState } from '@/shared/ui/states';
import { appMessages } from './i18n';

export function NotFoundPage() {
  const m = useMessages(appMessages);
  return (
    <main className="flex min-h-full items-center justify-center">
      <h1 className="sr-only">{m.notFound}</h1>
      <EmptyState
        icon={<Compass className="size-5" aria-hidden />}
        title={m.notFound}
        actions={
          <Link to="/tables" className={buttonClass('primary')}>
            {m.goToTables}
          </Link>
        }
      >
        {m.notFoundText}
      </EmptyState>
    </main>
  );
}
