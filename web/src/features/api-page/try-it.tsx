import { Send } from 'lucide-react';
import { useState } from 'react';
import { type RawAnswer, sendRaw } from '@/shared/api/client';
import { useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { Badge } from '@/shared/ui/badge';
import { Button } from '@/shared/ui/button';
import { Code } from '@/shared/ui/code';
import { TextArea, TextField } from '@/shared/ui/fields';
import { ErrorNote } from '@/shared/ui/states';
import { type Endpoint, prettyJson } from './examples';
import { apiMessages } from './i18n';

/** Sends an endpoint's request as the person who is signed in. */
export function TryIt({ endpoint }: { endpoint: Endpoint }) {
  const m = useMessages(apiMessages);
  const [query, setQuery] = useState(endpoint.query ?? '');
  const [id, setId] = useState('');
  const [body, setBody] = useState(
    endpoint.body === undefined ? '' : JSON.stringify(endpoint.body, null, 2),
  );
  const [busy, setBusy] = useState(false);
  const [answer, setAnswer] = useState<RawAnswer>();
  const [error, setError] = useState<unknown>(null);
  const needsId = endpoint.path.includes('{id}');
  const [problem, setProblem] = useState<{ id?: string; body?: string }>({});

  async function run() {
    const wrong: typeof problem = {};
    if (needsId && !id.trim()) wrong.id = m.idMissing;
    try {
      if (endpoint.body !== undefined) JSON.parse(body);
    } catch {
      wrong.body = m.badJson;
    }
    setProblem(wrong);
    if (wrong.id || wrong.body) return;
    setBusy(true);
    setError(null);
    try {
      const path = endpoint.path.replace('{id}', encodeURIComponent(id.trim()));
      setAnswer(
        await sendRaw(endpoint.method, path + (query ? `?${query}` : ''), {
          ...(endpoint.body === undefined ? {} : { body, contentType: 'application/json' }),
        }),
      );
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="flex flex-col gap-3"
      onSubmit={(event) => {
        event.preventDefault();
        void run();
      }}
    >
      {needsId ? (
        <TextField
          label={m.rowId}
          value={id}
          error={problem.id}
          translate="no"
          onChange={(event) => setId(event.target.value)}
        />
      ) : null}
      {endpoint.query === undefined ? null : (
        <TextField
          label={m.parameters}
          value={query}
          translate="no"
          onChange={(event) => setQuery(event.target.value)}
        />
      )}
      {endpoint.body === undefined ? null : (
        <TextArea
          label={m.body}
          mono
          rows={8}
          value={body}
          error={problem.body}
          translate="no"
          spellCheck={false}
          onChange={(event) => setBody(event.target.value)}
        />
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button
          type="submit"
          variant="primary"
          busy={busy}
          icon={<Send className="size-3.5" aria-hidden />}
        >
          {m.send}
        </Button>
        {endpoint.method === 'GET' ? null : (
          <span className="text-muted text-xs">{m.liveWarning}</span>
        )}
      </div>
      <ErrorNote error={error} />
      {answer ? (
        <div role="status">
          <p className="mb-1.5 flex items-center gap-2 text-sm">
            <span className="font-medium">{m.result}</span>
            <Badge tone={answer.status < 300 ? 'success' : 'danger'}>{String(answer.status)}</Badge>
            <span className="text-muted text-xs">
              {m.took(formatNumber(answer.milliseconds, { maximumFractionDigits: 0 }))}
            </span>
          </p>
          <Code
            code={prettyJson(answer.text.slice(0, 100_000)) || m.emptyAnswer}
            language={/json/.test(answer.headers['content-type'] ?? '') ? 'json' : 'text'}
            label={m.result}
            className="max-h-96"
          />
        </div>
      ) : null}
    </form>
  );
}
