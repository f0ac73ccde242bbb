import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api } from '@/shared/api/client';
import { keys, sourceQuery } from '@/shared/api/queries';
import type { SourceInfo, SourcePolicy } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Button, buttonClass } from '@/shared/ui/button';
import { Checkbox, SelectField, TextArea } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { Page } from '@/shared/ui/page';
import { ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { withReason } from './actions';
import { sourcesMessages } from './i18n';
import {
  draftOfPolicy,
  environments,
  levels,
  type PolicyDraft,
  type PolicyList,
  type PolicySwitch,
  policyOf,
  policyPath,
  policyQuery,
} from './policy';

/** What each switch lets be done, and how carefully; in the order in which people ask. */
const operations: readonly PolicySwitch[] = [
  'enableTableCreation',
  'enableTableDeletion',
  'enableColumnModification',
  'enableColumnDeletion',
  'enableIndexManagement',
  'enableForeignKeyManagement',
];
const care: readonly PolicySwitch[] = ['requireConfirmation', 'dryRunMode'];
const lists: readonly PolicyList[] = ['forbiddenTables', 'forbiddenColumns', 'allowedDatabases'];

interface PartProps {
  draft: PolicyDraft;
  set: (change: Partial<PolicyDraft>) => void;
}

function Switches({
  names,
  legend,
  draft,
  set,
}: PartProps & { names: readonly PolicySwitch[]; legend: string }) {
  const m = useMessages(sourcesMessages).policy;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">{legend}</legend>
      {names.map((name) => (
        <Checkbox
          key={name}
          label={m.switches[name]}
          hint={m.hints[name]}
          checked={draft[name]}
          disabled={!draft.enabled}
          onChange={(on) => set({ [name]: on })}
        />
      ))}
    </fieldset>
  );
}

function Levels({ draft, set }: PartProps) {
  const m = useMessages(sourcesMessages).policy;
  return (
    <fieldset className="flex flex-col gap-2">
      <legend className="mb-2 font-medium text-sm">{m.restrictTo}</legend>
      <div className="flex flex-wrap gap-4">
        {levels.map((level) => (
          <Checkbox
            key={level}
            label={m.levels[level]}
            checked={draft.restrictTo.includes(level)}
            disabled={!draft.enabled}
            onChange={(on) =>
              set({
                restrictTo: levels.filter((one) =>
                  one === level ? on : draft.restrictTo.includes(one),
                ),
              })
            }
          />
        ))}
      </div>
      <p className="text-muted text-xs">{m.restrictToHint}</p>
    </fieldset>
  );
}

function Lists({ draft, set }: PartProps) {
  const m = useMessages(sourcesMessages).policy;
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{m.outOfBounds}</legend>
      <div className="grid gap-3 sm:grid-cols-3">
        {lists.map((name) => (
          <TextArea
            key={name}
            label={m.lists[name]}
            hint={m.listHints[name]}
            mono
            value={draft[name]}
            onChange={(event) => set({ [name]: event.target.value })}
          />
        ))}
      </div>
    </fieldset>
  );
}

function PolicyForm({ source, policy }: { source: SourceInfo; policy: SourcePolicy }) {
  const m = useMessages(sourcesMessages).policy;
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [draft, setDraft] = useState(() => draftOfPolicy(policy));
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const set = (change: Partial<PolicyDraft>) => {
    setDraft((now) => ({ ...now, ...change }));
    setError(null);
  };
  async function save(event: FormEvent) {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await api.put<SourcePolicy>(policyPath(source.name), policyOf(draft));
      await client.invalidateQueries({ queryKey: keys.sources });
      toast({ title: m.saved });
      await navigate({ to: '/sources' });
    } catch (failure) {
      setError(withReason(failure));
      setBusy(false);
    }
  }
  return (
    <form className="flex max-w-3xl flex-col gap-6" onSubmit={(event) => void save(event)}>
      <Checkbox
        label={m.switches.enabled}
        hint={m.hints.enabled}
        checked={draft.enabled}
        onChange={(enabled) => set({ enabled })}
      />
      <SelectField
        className="max-w-xs"
        label={m.environment}
        hint={m.environmentHint}
        value={draft.environment}
        options={environments.map((value) => ({ value, label: m.environments[value] }))}
        onChange={(environment) => set({ environment })}
      />
      <Switches names={operations} legend={m.operations} {...{ draft, set }} />
      <Switches names={care} legend={m.care} {...{ draft, set }} />
      <Levels {...{ draft, set }} />
      <Lists {...{ draft, set }} />
      <ErrorNote error={error} />
      <div className="flex flex-wrap gap-2">
        <Button type="submit" variant="primary" busy={busy} disabled={source.can?.update === false}>
          {m.save}
        </Button>
        <Link to="/sources" className={buttonClass('ghost')}>
          {ui.cancel}
        </Link>
      </div>
    </form>
  );
}

export function SourcePolicyPage() {
  const m = useMessages(sourcesMessages);
  const { sourceName } = useParams({ from: '/shell/sources/$sourceName/policy' });
  const source = useQuery(sourceQuery(sourceName));
  const policy = useQuery(policyQuery(sourceName));
  const error = source.error ?? policy.error;
  const name = source.data?.managed ? m.ownTables : (source.data?.displayName ?? sourceName);
  return (
    <Page title={m.policy.title(name)} description={m.policy.intro}>
      {error ? (
        <ErrorState
          error={error}
          onRetry={() => void Promise.all([source.refetch(), policy.refetch()])}
        />
      ) : null}
      {!error && !(source.data && policy.data) ? <LoadingState /> : null}
      {source.data && policy.data ? (
        <PolicyForm key={sourceName} source={source.data} policy={policy.data} />
      ) : null}
    </Page>
  );
}
