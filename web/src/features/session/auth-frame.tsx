import type { ReactNode } from 'react';
import { Logo } from '@/shared/ui/logo';

export function AuthFrame({
  title,
  text,
  children,
}: {
  title: string;
  text: string;
  children?: ReactNode;
}) {
  return (
    <main className="flex min-h-full items-center justify-center bg-canvas px-4 py-10">
      <title>{`${title} · Telaio`}</title>
      <div className="w-full max-w-sm">
        <div className="mb-7 flex items-center gap-2.5">
          <Logo className="size-8" />
          <span className="font-semibold text-lg tracking-tight">Telaio</span>
        </div>
        <h1 className="font-semibold text-2xl tracking-tight">{title}</h1>
        <p className="mt-1.5 mb-6 text-muted">{text}</p>
        {children}
      </div>
    </main>
  );
}
