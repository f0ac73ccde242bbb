import { useState } from 'react';
import { useMessages } from '@/shared/i18n/core';
import { signIn } from '@/shared/session/session';
import { Button } from '@/shared/ui/button';
import { TextField } from '@/shared/ui/fields';
import { ErrorNote } from '@/shared/ui/states';
import { sessionMessages } from './i18n';

export function SignInForm({ email = '', onDone }: { email?: string; onDone: () => void }) {
  const m = useMessages(sessionMessages);
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<unknown>(null);

  async function submit(form: FormData) {
    setBusy(true);
    setError(null);
    try {
      await signIn(String(form.get('email')), String(form.get('password')));
      onDone();
    } catch (failure) {
      setError(failure);
    } finally {
      setBusy(false);
    }
  }

  return (
    <form
      className="flex flex-col gap-4"
      onSubmit={(event) => {
        event.preventDefault();
        void submit(new FormData(event.currentTarget));
      }}
    >
      <TextField
        label={m.email}
        name="email"
        type="email"
        autoComplete="username"
        defaultValue={email}
        required
      />
      <TextField
        label={m.password}
        name="password"
        type="password"
        autoComplete="current-password"
        required
      />
      <ErrorNote error={error} />
      <Button type="submit" variant="primary" size="lg" busy={busy}>
        {m.signIn}
      </Button>
    </form>
  );
}
