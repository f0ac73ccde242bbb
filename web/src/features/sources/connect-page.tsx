import { useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate, useParams } from '@tanstack/react-router';
import clsx from 'clsx';
import { CircleCheck, Database, FileText } from 'lucide-react';
import { type FormEvent, useState } from 'react';
import { api, path } from '@/shared/api/client';
import { keys, sourceQuery, sourcesQuery } from '@/shared/api/queries';
import type { SourceInfo, SourceKind, SourceTest } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { Button, buttonClass } from '@/shared/ui/button';
import { Checkbox, SelectField, TextArea, TextField } from '@/shared/ui/fields';
import { uiMessages } from '@/shared/ui/i18n';
import { Page } from '@/shared/ui/page';
import { ErrorNote, ErrorState, LoadingState } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { errorOfTest, withReason } from './actions';
import { forgetTables, inSource } from './current';
import { sourcesMessages } from './i18n';
import {
  bodyOf,
  draftOf,
  emptyDraft,
  fieldsOf,
  nameFrom,
  problemsOf,
  type SourceDraft,
  type SourceField,
} from './model';

const sources = 'api/db-editor/sources';
const tlsModes = ['prefer', 'off', 'require', 'verify'] as const;

type Set = (change: Partial<SourceDraft>) => void;
type Problems = ReturnType<typeof problemsOf>;

function KindCards({
  kinds,
  chosen,
  onChoose,
}: {
  kinds: SourceKind[];
  chosen: string;
  onChoose: (kind: string) => void;
}) {
  const m = useMessages(sourcesMessages);
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{m.chooseKind}</legend>
      <div className="grid grid-cols-2 gap-2 sm:grid-cols-4">
        {kinds.map((kind) => {
          const Icon = kind.port > 0 ? Database : FileText;
          return (
            <label
              key={kind.kind}
              className={clsx(
                'flex cursor-pointer flex-col gap-1 rounded-lg border bg-surface p-3 shadow-card focus-within:outline-2 focus-within:outline-focus',
                chosen === kind.kind ? 'border-accent' : 'border-border hover:border-border-strong',
              )}
            >
              <input
                type="radio"
                name="kind"
                className="sr-only"
                value={kind.kind}
                checked={chosen === kind.kind}
                onChange={() => onChoose(kind.kind)}
              />
              <Icon className="size-5 text-muted" aria-hidden />
              <span className="font-medium text-sm" translate="no">
                {kind.label}
              </span>
              <span className="text-muted text-xs">
                {kind.port > 0 ? m.port(kind.port) : m.file}
              </span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

interface PartProps {
  field: SourceField;
  draft: SourceDraft;
  kind: SourceKind;
  problems: Problems;
  set: Set;
}

function Part({ field, draft, kind, problems, set }: PartProps) {
  const m = useMessages(sourcesMessages);
  if (field === 'tls')
    return (
      <SelectField
        label={m.fields.tls}
        value={draft.tls}
        options={tlsModes.map((value) => ({ value, label: m.tlsModes[value] }))}
        onChange={(tls) => set({ tls })}
      />
    );
  const hints: Partial<Record<SourceField, string>> = {
    host: m.hostHint,
    schema: m.schemaHint,
    path: m.pathHint,
  };
  const hint = hints[field];
  const problem = problems[field];
  return (
    <TextField
      label={m.fields[field]}
      {...(hint ? { hint } : {})}
      error={problem ? m.problems[problem] : undefined}
      value={draft[field]}
      {...(field === 'port'
        ? { inputMode: 'numeric' as const, placeholder: String(kind.port) }
        : {})}
      autoComplete="off"
      spellCheck={false}
      onChange={(event) => set({ [field]: event.target.value })}
    />
  );
}

function PasswordField({ draft, set }: { draft: SourceDraft; set: Set }) {
  const m = useMessages(sourcesMessages);
  return (
    <TextField
      label={m.password}
      hint={draft.password === null ? m.passwordKept : m.passwordHint}
      type="password"
      autoComplete="new-password"
      value={draft.password ?? ''}
      onChange={(event) => set({ password: event.target.value })}
    />
  );
}

interface PlaceProps {
  draft: SourceDraft;
  kind: SourceKind;
  problems: Problems;
  set: Set;
}

function Place({ draft, kind, problems, set }: PlaceProps) {
  const m = useMessages(sourcesMessages);
  return (
    <div className="flex flex-col gap-3">
      {kind.port > 0 ? (
        <div>
          <Button size="sm" variant="ghost" onClick={() => set({ byAddress: !draft.byAddress })}>
            {draft.byAddress ? m.byParts : m.byAddress}
          </Button>
        </div>
      ) : null}
      {draft.byAddress ? (
        <TextField
          label={m.address}
          hint={m.addressHint(kind.scheme)}
          error={problems.address ? m.problems[problems.address] : undefined}
          value={draft.address}
          autoComplete="off"
          spellCheck={false}
          onChange={(event) => set({ address: event.target.value })}
        />
      ) : (
        <div className="grid gap-3 sm:grid-cols-2">
          {fieldsOf(kind).map((field) => (
            <Part key={field} {...{ field, draft, kind, problems, set }} />
          ))}
          {kind.port > 0 ? <PasswordField draft={draft} set={set} /> : null}
        </div>
      )}
    </div>
  );
}

function Lists({ draft, set }: { draft: SourceDraft; set: Set }) {
  const m = useMessages(sourcesMessages);
  return (
    <fieldset>
      <legend className="mb-2 font-medium text-sm">{m.lists}</legend>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextArea
          label={m.allow}
          hint={m.allowHint}
          mono
          value={draft.allow}
          onChange={(event) => set({ allow: event.target.value })}
        />
        <TextArea
          label={m.forbid}
          hint={m.forbidHint}
          mono
          value={draft.forbid}
          onChange={(event) => set({ forbid: event.target.value })}
        />
      </div>
    </fieldset>
  );
}

interface FormProps {
  kinds: SourceKind[];
  taken: string[];
  /** the source that is changed; none: a new one */
  source?: SourceInfo;
}

function ConnectForm({ kinds, taken, source }: FormProps) {
  const m = useMessages(sourcesMessages);
  const ui = useMessages(uiMessages);
  const client = useQueryClient();
  const navigate = useNavigate();
  const [before] = useState(() => (source ? draftOf(source) : undefined));
  const [draft, setDraft] = useState(() => before ?? emptyDraft());
  const [named, setNamed] = useState(source !== undefined);
  const [strict, setStrict] = useState(false);
  const [busy, setBusy] = useState<'test' | 'save'>();
  const [error, setError] = useState<unknown>(null);
  const [works, setWorks] = useState<SourceTest>();
  const kind = kinds.find((one) => one.kind === draft.kind);
  const problems = kind && strict ? problemsOf(draft, kind, taken) : {};

  const set: Set = (change) => {
    setDraft((now) => ({ ...now, ...change }));
    setWorks(undefined);
    setError(null);
  };

  function isComplete(): boolean {
    if (!kind) return false;
    setStrict(true);
    if (Object.keys(problemsOf(draft, kind, taken)).length === 0) return true;
    setTimeout(() => document.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus(), 0);
    return false;
  }

  async function test() {
    if (!kind || !isComplete()) return;
    setBusy('test');
    setError(null);
    setWorks(undefined);
    try {
      const url = source ? `${path(sources, source.name)}:test` : `${sources}:test`;
      const result = await api.post<SourceTest>(url, bodyOf(draft, kind, before));
      setError(errorOfTest(result));
      if (result.ok) setWorks(result);
    } catch (failure) {
      setError(withReason(failure));
    } finally {
      setBusy(undefined);
    }
  }

  async function save(event: FormEvent) {
    event.preventDefault();
    if (!kind || !isComplete()) return;
    setBusy('save');
    setError(null);
    try {
      const body = bodyOf(draft, kind, before);
      const now = source
        ? await api.patch<SourceInfo>(path(sources, source.name), body)
        : await api.post<SourceInfo>(sources, body);
      await client.invalidateQueries({ queryKey: keys.sources });
      toast({ title: source ? m.saved(now.displayName) : m.made(now.displayName) });
      // What was seen of it may have been read in another place, or as another user.
      forgetTables();
      await navigate({ to: source ? '/sources' : '/tables', search: inSource(now.name) });
    } catch (failure) {
      setError(withReason(failure));
      setBusy(undefined);
    }
  }

  return (
    <form
      className="flex max-w-3xl flex-col gap-6"
      noValidate
      onSubmit={(event) => void save(event)}
    >
      {source ? null : (
        <KindCards kinds={kinds} chosen={draft.kind} onChoose={(next) => set({ kind: next })} />
      )}
      {kind ? (
        <>
          <div className="grid gap-3 sm:grid-cols-2">
            <TextField
              label={m.displayName}
              placeholder={m.displayNamePlaceholder}
              value={draft.displayName}
              onChange={(event) => {
                const displayName = event.target.value;
                set({ displayName, ...(named ? {} : { name: nameFrom(displayName) }) });
              }}
            />
            <TextField
              label={m.shortName}
              hint={m.shortNameHint}
              error={problems.name ? m.problems[problems.name] : undefined}
              value={draft.name}
              disabled={source !== undefined}
              spellCheck={false}
              onChange={(event) => {
                setNamed(true);
                set({ name: event.target.value });
              }}
            />
          </div>
          <Place {...{ draft, kind, problems, set }} />
          <Checkbox
            label={m.allowWriting}
            hint={m.allowWritingHint}
            checked={draft.writable}
            onChange={(writable) => set({ writable })}
          />
          <Lists draft={draft} set={set} />
          <ErrorNote error={error} />
          {works ? (
            <p
              role="status"
              className="flex items-center gap-2 rounded-md bg-success-soft px-3 py-2 text-sm text-success"
            >
              <CircleCheck className="size-4" aria-hidden />
              {m.works(`${kind.label} ${works.version ?? ''}`.trim(), works.tables ?? 0)}
            </p>
          ) : null}
          <div className="flex flex-wrap gap-2">
            <Button type="submit" variant="primary" busy={busy === 'save'}>
              {source ? m.saveChanges : m.save}
            </Button>
            <Button busy={busy === 'test'} onClick={() => void test()}>
              {m.test}
            </Button>
            <Link to="/sources" className={buttonClass('ghost')}>
              {ui.cancel}
            </Link>
          </div>
        </>
      ) : null}
    </form>
  );
}

export function ConnectPage() {
  const m = useMessages(sourcesMessages);
  const { data, error, refetch } = useQuery(sourcesQuery);
  return (
    <Page title={m.connect} description={m.connectIntro}>
      {error && !data ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {!data && !error ? <LoadingState /> : null}
      {data ? (
        <ConnectForm kinds={data.kinds} taken={data.sources.map((source) => source.name)} />
      ) : null}
    </Page>
  );
}

export function EditSourcePage() {
  const m = useMessages(sourcesMessages);
  const { sourceName } = useParams({ from: '/shell/sources/$sourceName' });
  const { data: list } = useQuery(sourcesQuery);
  const { data: source, error, refetch } = useQuery(sourceQuery(sourceName));
  return (
    <Page title={m.edit(source?.displayName ?? sourceName)} description={m.connectIntro}>
      {error && !source ? <ErrorState error={error} onRetry={() => void refetch()} /> : null}
      {(!source || !list) && !error ? <LoadingState /> : null}
      {source && list ? (
        <ConnectForm
          key={source.name}
          kinds={
            list.kinds.some((kind) => kind.kind === source.kind)
              ? list.kinds
              : [...list.kinds, { kind: source.kind, label: source.label, scheme: '', port: 1 }]
          }
          taken={[]}
          source={source}
        />
      ) : null}
    </Page>
  );
}
