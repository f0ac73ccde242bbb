import { useNavigate, useRouter, useSearch } from '@tanstack/react-router';
import { basePath } from '@/shared/api/client';
import { useMessages } from '@/shared/i18n/core';
import { AuthFrame } from './auth-frame';
import { sessionMessages } from './i18n';
import { SignInForm } from './sign-in-form';

export function SignInPage() {
  const m = useMessages(sessionMessages);
  const search = useSearch({ from: '/sign-in' });
  const navigate = useNavigate();
  const router = useRouter();
  return (
    <AuthFrame title={m.signInTitle} text={m.signInText}>
      <SignInForm
        onDone={() => {
          // Only addresses of this studio: anything else would be an open redirect.
          if (search.to?.startsWith('/') && !search.to.startsWith('//'))
            router.history.push(basePath().slice(0, -1) + search.to);
          else void navigate({ to: '/tables' });
        }}
      />
    </AuthFrame>
  );
}
