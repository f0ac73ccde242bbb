import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiError } from '@/shared/api/client';
import { useMessages } from '@/shared/i18n/core';
import { setUp } from '@/shared/session/session';
import { Button, buttonClass } from '@/shared/ui/button';
import { Checkbox, TextField } from '@/shared/ui/fields';
import { ErrorNote } from '@/shared/ui/states';
import { AuthFrame } from './auth-frame';
import { sessionMessages } from './i18n';

export function SetupPage() {
  const m = useMessages(sessionMessages);
  const { token } = useSearch({ from: '/setup' });
  const navigate = useNavigate();
  const [busy, setBusy] = useState(false);
  const [sample, setSample] = useState(true);
  const [error, setError] = useState<unknown>(null);
  const [mismatch, setMismatch] = useState(false);

  const gone = error instanceof ApiError && error.status === 404;
  const refused = error instanceof ApiError && error.status === 403;
  if (refused) return <AuthFrame title={m.setupBadTitle} text={m.setupBadText} />;
  if (!token || gone) {
    return (
      <AuthFrame title={m.setupDoneTitle} text={m.setupDoneText}>
        <Link to="/sign-in" className={buttonClass('primary', 'lg')}>
          {m.signIn}
        </Link>
      </AuthFrame>
    );
  }

  async function submit(form: FormData) {
    const password = String(form.get('password'));
    setMismatch(password !== form.get('again'));
    if (password !== form.get('again')) return;
    setBusy(true);
    setError(null);
    try {
      await setUp(token ?? '', String(form.get('email')), password, sample);
      await navigate({ to: '/tables', replace: true });
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <AuthFrame title={m.setupTitle} text={m.setupText}>
      <form
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          void submit(new FormData(event.currentTarget));
        }}
      >
        <TextField label={m.email} name="email" type="email" autoComplete="username" required />
        <TextField
          label={m.password}
          name="password"
          type="password"
          autoComplete="new-password"
          minLength={8}
          hint={m.passwordHint}
          required
        />
        <TextField
          label={m.passwordAgain}
          name="again"
          type="password"
          autoComplete="new-password"
          error={mismatch ? m.passwordMismatch : undefined}
          required
        />
        <div className="rounded-lg border border-border bg-surface-2/60 p-3">
          <Checkbox label={m.sample} hint={m.sampleHint} checked={sample} onChange={setSample} />
        </div>
        <ErrorNote error={error} />
        <Button type="submit" variant="primary" size="lg" busy={busy}>
          {m.create}
        </Button>
      </form>
    </AuthFrame>
  );
}
