import clsx from 'clsx';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import { useMessages } from '../i18n/core';
import { copyText } from '../lib/clipboard';
import { type CodeLanguage, highlight } from '../lib/highlight';
import { IconButton } from './button';
import { uiMessages } from './i18n';
import { toast } from './toast';

const colors: Record<string, string> = {
  keyword: 'text-code-keyword',
  string: 'text-code-string',
  number: 'text-code-number',
  comment: 'text-muted italic',
  name: 'text-accent-text',
  plain: '',
};

export function CopyButton({ text, label }: { text: string; label?: string }) {
  const m = useMessages(uiMessages);
  const [copied, setCopied] = useState(false);
  return (
    <IconButton
      size="sm"
      label={copied ? m.copied : (label ?? m.copy)}
      onClick={() => {
        void copyText(text).then((done) => {
          setCopied(done);
          if (!done) toast({ kind: 'info', title: m.copyByHand });
          setTimeout(() => setCopied(false), 1500);
        });
      }}
    >
      {copied ? (
        <Check className="size-3.5 text-success" aria-hidden />
      ) : (
        <Copy className="size-3.5" aria-hidden />
      )}
    </IconButton>
  );
}

export interface CodeProps {
  code: string;
  language: CodeLanguage;
  label: string;
  wrap?: boolean;
  copy?: boolean;
  className?: string;
}

export function Code({ code, language, label, wrap = false, copy = true, className }: CodeProps) {
  return (
    <div className="group relative">
      <section
        aria-label={label}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key
        tabIndex={0}
        className={clsx(
          'scroll-thin overflow-auto rounded-md border border-border bg-code',
          className,
        )}
      >
        <pre
          translate="no"
          className={clsx(
            'px-3 py-2.5 font-mono text-xs leading-5',
            wrap && 'whitespace-pre-wrap break-words',
            copy && 'pr-10',
          )}
        >
          <code>
            {highlight(code, language).map((token, index) => (
              <span
                // biome-ignore lint/suspicious/noArrayIndexKey: tokens have no identity but their place
                key={index}
                className={colors[token.kind]}
              >
                {token.text}
              </span>
            ))}
          </code>
        </pre>
      </section>
      {copy ? (
        <div className="absolute top-1 right-1 rounded-md bg-code">
          <CopyButton text={code} />
        </div>
      ) : null}
    </div>
  );
}
