import { ChevronFirst, ChevronLast, ChevronLeft, ChevronRight } from 'lucide-react';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { Button, IconButton } from '@/shared/ui/button';
import { gridMessages } from './i18n';

export interface FooterProps {
  total: number;
  exact: boolean;
  page: number;
  pages: number;
  onPage: (page: number) => void;
  saving: boolean;
  failures: number;
  onDiscard: () => void;
}

/** How many rows there are, which page of them, and whether everything is saved. */
export function Footer({
  total,
  exact,
  page,
  pages,
  onPage,
  saving,
  failures,
  onDiscard,
}: FooterProps) {
  const m = useMessages(gridMessages);
  useLanguage();
  const number = formatNumber(total);
  return (
    <div className="flex min-h-9 flex-wrap items-center gap-3 border-border border-t bg-surface px-4 py-1 text-muted text-xs">
      <span data-total={total}>{m.rows(total, exact ? number : m.about(number))}</span>
      {page > 0 ? (
        <nav aria-label={m.pager} className="flex items-center gap-1">
          <IconButton size="sm" label={m.firstPage} disabled={page <= 1} onClick={() => onPage(1)}>
            <ChevronFirst className="size-4" aria-hidden />
          </IconButton>
          <IconButton
            size="sm"
            label={m.previousPage}
            disabled={page <= 1}
            onClick={() => onPage(page - 1)}
          >
            <ChevronLeft className="size-4" aria-hidden />
          </IconButton>
          <span aria-live="polite">{m.page(formatNumber(page), formatNumber(pages))}</span>
          <IconButton
            size="sm"
            label={m.nextPage}
            disabled={page >= pages}
            onClick={() => onPage(page + 1)}
          >
            <ChevronRight className="size-4" aria-hidden />
          </IconButton>
          <IconButton
            size="sm"
            label={m.lastPage}
            disabled={page >= pages}
            onClick={() => onPage(pages)}
          >
            <ChevronLast className="size-4" aria-hidden />
          </IconButton>
        </nav>
      ) : null}
      <span className="flex-1" />
      {failures > 0 ? (
        <span role="alert" className="flex items-center gap-2 text-danger-text">
          {m.notSaved(failures)}
          <Button size="sm" onClick={onDiscard}>
            {m.discardAll}
          </Button>
        </span>
      ) : null}
      {saving ? <span>{m.saving}…</span> : null}
    </div>
  );
}
