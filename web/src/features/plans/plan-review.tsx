import clsx from 'clsx';
import { CircleAlert, Info, RotateCcw, TriangleAlert } from 'lucide-react';
import type { ReactNode } from 'react';
import type { LintFinding, Plan, PlanStep } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { Badge, type Tone } from '@/shared/ui/badge';
import { Code } from '@/shared/ui/code';
import { planMessages } from './i18n';
import type { PlanMessages } from './i18n/en';

/** The statements as one script: each as it runs, closed by a semicolon. */
export function planScript(steps: Pick<PlanStep, 'text'>[]): string {
  return steps
    .map(({ text }) => text.trim())
    .filter(Boolean)
    .map((text) => (text.endsWith(';') ? text : `${text};`))
    .join('\n\n');
}

export type Severity = 'info' | 'warning' | 'danger';

export function severityOf(finding: Pick<LintFinding, 'severity'>): Severity {
  const word = finding.severity.toLowerCase();
  if (/danger|block|error|critical|high/.test(word)) return 'danger';
  return /warn|medium/.test(word) ? 'warning' : 'info';
}

/** A finding in the language of the page; in the server's words where its rule is not known here. */
export function findingWords(
  m: PlanMessages,
  finding: Pick<LintFinding, 'rule' | 'message' | 'hint'>,
): { text: string; hint: string } {
  const words = m.findings[finding.rule];
  const names = [...finding.message.matchAll(/"([^"]+)"/g)].map(([, name]) => name ?? '');
  const text = words?.text(...names);
  // A rule that quotes less than our sentence needs has learnt to say something else.
  if (!words || !text || text.includes('undefined'))
    return { text: finding.message, hint: finding.hint ?? '' };
  return { text, hint: words.hint };
}

const looks: Record<Severity, { tone: Tone; icon: ReactNode; border: string }> = {
  info: {
    tone: 'info',
    icon: <Info className="size-3" aria-hidden />,
    border: 'border-border',
  },
  warning: {
    tone: 'warning',
    icon: <TriangleAlert className="size-3" aria-hidden />,
    border: 'border-warning/40',
  },
  danger: {
    tone: 'danger',
    icon: <CircleAlert className="size-3" aria-hidden />,
    border: 'border-danger/40',
  },
};

function Finding({ finding }: { finding: LintFinding }) {
  const m = useMessages(planMessages);
  const severity = severityOf(finding);
  const look = looks[severity];
  const { text, hint } = findingWords(m, finding);
  return (
    <li className={clsx('flex items-start gap-2.5 rounded-md border px-3 py-2', look.border)}>
      <Badge tone={look.tone} icon={look.icon} className="mt-0.5">
        {m.severity[severity]}
      </Badge>
      <div className="min-w-0 flex-1 text-sm">
        <p className="break-words">{text}</p>
        {hint ? <p className="break-words text-muted">{hint}</p> : null}
      </div>
      {finding.rows != null && finding.rows >= 0 ? (
        <span className="shrink-0 text-muted text-xs">{m.rows(formatNumber(finding.rows))}</span>
      ) : null}
      <span className="shrink-0 font-mono text-muted text-xs" translate="no">
        {finding.rule}
      </span>
    </li>
  );
}

/** What a change will do, before it does it: statements, risks, the way back. */
export function PlanReview({ plan }: { plan: Plan }) {
  const m = useMessages(planMessages);
  const rank = { danger: 0, warning: 1, info: 2 };
  const findings = [...(plan.lint ?? [])].sort((a, b) => rank[severityOf(a)] - rank[severityOf(b)]);
  const rewrites = plan.steps.some((step) => step.rewrite);
  const undoClass = plan.undo?.class?.toLowerCase() ?? '';
  const undoText = m.undo[undoClass];
  return (
    <div className="flex flex-col gap-4">
      <section>
        <div className="mb-1.5 flex items-center gap-2">
          <h3 className="font-medium text-sm">{m.sql}</h3>
          {plan.steps.length > 0 ? (
            <span className="text-muted text-xs">{m.sqlCount(plan.steps.length)}</span>
          ) : null}
          {rewrites ? <Badge tone="warning">{m.rewrite}</Badge> : null}
        </div>
        {plan.steps.length > 0 ? (
          <Code
            code={planScript(plan.steps)}
            language="sql"
            label={m.sql}
            wrap
            className="max-h-80"
          />
        ) : (
          <p className="text-muted text-sm">{m.noSql}</p>
        )}
      </section>
      <section>
        <h3 className="mb-1.5 font-medium text-sm">{m.risks}</h3>
        {findings.length > 0 ? (
          <ul className="flex flex-col gap-1.5">
            {findings.map((finding, index) => (
              <Finding key={finding.id ?? `${finding.rule}-${index}`} finding={finding} />
            ))}
          </ul>
        ) : (
          <p className="text-muted text-sm">{m.noRisks}</p>
        )}
      </section>
      {undoText ? (
        <p
          className={clsx(
            'flex items-center gap-2 text-sm',
            undoClass === 'none' ? 'font-medium text-danger-text' : 'text-muted',
          )}
        >
          <RotateCcw className="size-4 shrink-0" aria-hidden />
          {undoText}
        </p>
      ) : null}
    </div>
  );
}
