import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Plus } from 'lucide-react';
import { useState } from 'react';
import { api, path } from '@/shared/api/client';
import { keys } from '@/shared/api/queries';
import type { Role, Tenant, User } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { isPlatformRole, useSession } from '@/shared/session/session';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Dialog } from '@/shared/ui/dialog';
import { SelectField, TextField } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { Page } from '@/shared/ui/page';
import { ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { Table } from '@/shared/ui/table';
import { toast } from '@/shared/ui/toast';
import { adminMessages } from './i18n';
import { isActive } from './is-active';

type Level = 'admin' | 'developer' | 'editor' | 'user';
const levels: Level[] = ['admin', 'developer', 'editor', 'user'];
const none = '\u0000';

function NewUserDialog({ onClose }: { onClose: () => void }) {
  const m = useMessages(adminMessages);
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  const { user, tenant } = useSession();
  const platform = isPlatformRole(user);
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const [role, setRole] = useState<Role>('USER');
  const [level, setLevel] = useState<Level | typeof none>(none);
  const [home, setHome] = useState(tenant || 'main');
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { data: tenants } = useQuery({
    queryKey: keys.tenants,
    queryFn: async ({ signal }) => {
      const data = await api.get<{ tenants: Tenant[] } | Tenant[]>('api/tenants', { signal });
      return Array.isArray(data) ? data : data.tenants;
    },
    enabled: platform,
  });
  const roles: Role[] = platform
    ? ['USER', 'TENANT_ADMIN', 'PLATFORM_ADMIN', 'OWNER']
    : ['USER', 'TENANT_ADMIN'];

  async function add() {
    setBusy(true);
    setError(null);
    try {
      await api.post('api/users', {
        email: email.trim(),
        password,
        role,
        ...(level === none ? {} : { permissionLevel: level }),
        ...(platform ? { tenant: home } : {}),
      });
      await client.invalidateQueries({ queryKey: keys.users });
      toast({ title: m.userAdded(email.trim()) });
      onClose();
    } catch (failure) {
      setError(failure);
      setBusy(false);
    }
  }

  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={m.addUser}
      onSubmit={() => void add()}
      footer={
        <>
          <Button onClick={onClose}>{ui.cancel}</Button>
          <Button type="submit" variant="primary" busy={busy}>
            {m.addUser}
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <TextField
          label={m.email}
          type="email"
          autoComplete="off"
          required
          value={email}
          onChange={(event) => setEmail(event.target.value)}
        />
        <TextField
          label={m.password}
          hint={m.passwordHint}
          type="password"
          autoComplete="new-password"
          minLength={8}
          required
          value={password}
          onChange={(event) => setPassword(event.target.value)}
        />
        <SelectField<Role>
          label={m.role}
          value={role}
          options={roles.map((value) => ({ value, label: m.roles[value] }))}
          onChange={setRole}
        />
        <SelectField<Level | typeof none>
          label={m.level}
          value={level}
          options={[
            { value: none, label: m.levelNone },
            ...levels.map((value) => ({ value, label: m.levels[value] })),
          ]}
          onChange={setLevel}
        />
        {platform ? (
          <SelectField
            label={m.tenant}
            value={home}
            options={(tenants ?? []).map((item) => ({
              value: item.slug,
              label: item.name || item.slug,
            }))}
            onChange={setHome}
          />
        ) : null}
        <ErrorNote error={error} />
      </div>
    </Dialog>
  );
}

export function UsersPage() {
  const m = useMessages(adminMessages);
  const client = useQueryClient();
  const me = useSession((state) => state.user);
  const [adding, setAdding] = useState(false);
  const [busy, setBusy] = useState(0);
  const [failure, setFailure] = useState<unknown>(null);
  const { data, error, refetch } = useQuery({
    queryKey: keys.users,
    queryFn: async ({ signal }) => {
      const answer = await api.get<User[] | { users?: User[] }>('api/users', { signal });
      return Array.isArray(answer) ? answer : (answer.users ?? []);
    },
  });

  async function toggle(user: User) {
    setBusy(user.id);
    setFailure(null);
    try {
      await api.patch(path('api/users', user.id), { isActive: !isActive(user) });
      await client.invalidateQueries({ queryKey: keys.users });
      toast({ title: isActive(user) ? m.userDisabled(user.email) : m.userEnabled(user.email) });
    } catch (problem) {
      setFailure(problem);
    } finally {
      setBusy(0);
    }
  }

  return (
    <Page
      title={m.usersTitle}
      description={m.usersIntro}
      actions={
        <Button
          variant="primary"
          icon={<Plus className="size-4" aria-hidden />}
          onClick={() => setAdding(true)}
        >
          {m.addUser}
        </Button>
      }
    >
      <ErrorNote error={failure} className="mb-4" />
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data ? (
        <Table
          label={m.usersTitle}
          rows={data}
          rowKey={(user) => user.id}
          columns={[
            {
              key: 'email',
              header: m.email,
              cell: (user) => (
                <>
                  <span className="font-medium" translate="no">
                    {user.email}
                  </span>
                  {user.id === me?.id ? <span className="ml-1.5 text-muted">({m.you})</span> : null}
                </>
              ),
            },
            { key: 'role', header: m.role, cell: (user) => m.roles[user.role] ?? user.role },
            {
              key: 'level',
              header: m.level,
              cell: (user) =>
                user.permissionLevel
                  ? (m.levels[user.permissionLevel.toLowerCase() as Level] ?? user.permissionLevel)
                  : '–',
            },
            {
              key: 'status',
              header: m.status,
              cell: (user) => (
                <Badge tone={isActive(user) ? 'success' : 'neutral'}>
                  {isActive(user) ? m.active : m.disabled}
                </Badge>
              ),
            },
            {
              key: 'actions',
              header: '',
              headerLabel: m.actions,
              align: 'end',
              cell: (user) =>
                user.id === me?.id ? null : (
                  <Button
                    size="sm"
                    variant={isActive(user) ? 'danger-ghost' : 'secondary'}
                    busy={busy === user.id}
                    aria-label={isActive(user) ? m.disableOf(user.email) : m.enableOf(user.email)}
                    onClick={() => void toggle(user)}
                  >
                    {isActive(user) ? m.disable : m.enable}
                  </Button>
                ),
            },
          ]}
        />
      ) : null}
      {adding ? <NewUserDialog onClose={() => setAdding(false)} /> : null}
    </Page>
  );
}
