import { Link, Outlet } from '@tanstack/react-router';
import { Unplug } from 'lucide-react';
import { useMessages } from '@/shared/i18n/core';
import { isAdminRole, useSession } from '@/shared/session/session';
import { buttonClass } from '@/shared/ui/button';
import { EmptyState } from '@/shared/ui/states';
import { inSource, useCurrentSource } from './current';
import { sourcesMessages } from './i18n';

/** An address that names a database which is not there: detached, hidden, or mistyped. */
function SourceGone({ name }: { name: string }) {
  const m = useMessages(sourcesMessages);
  const isAdmin = useSession((state) => isAdminRole(state.user));
  return (
    <div role="alert">
      <title>{`${m.gone} · Telaio`}</title>
      <h1 className="sr-only">{m.gone}</h1>
      <EmptyState
        icon={<Unplug className="size-5" aria-hidden />}
        title={m.gone}
        actions={
          <>
            <Link to="/tables" search={inSource('')} className={buttonClass('primary')}>
              {m.backToOwn}
            </Link>
            {isAdmin ? (
              <Link to="/sources" search={inSource('')} className={buttonClass('secondary')}>
                {m.manage}
              </Link>
            ) : null}
          </>
        }
      >
        {m.goneText(name)}
      </EmptyState>
    </div>
  );
}

/** Around the pages about tables of one database: in another one none keeps what it held. */
export function SourceScope() {
  const { name, missing } = useCurrentSource();
  return missing ? <SourceGone name={name} /> : <Outlet key={name} />;
}
