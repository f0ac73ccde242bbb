import {
  Columns3,
  Download,
  ListFilter,
  Plus,
  Redo2,
  RotateCw,
  Search,
  SlidersHorizontal,
  Trash2,
  Undo2,
  X,
} from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import type { Column } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { Button, IconButton } from '@/shared/ui/button';
import { Checkbox, inputClass } from '@/shared/ui/fields';
import { Menu, MenuChoice, MenuItem } from '@/shared/ui/menu';
import { Popover } from '@/shared/ui/popover';
import type { ExportFormat } from './backend';
import { gridMessages } from './i18n';
import { arrange, type Layout, plainLayout, withHidden } from './lib/layout';
import { columnName } from './sheet-header';

export interface ToolbarProps {
  search: string;
  onSearch: (text: string) => void;
  filterCount: number;
  filterOpen: boolean;
  onToggleFilter: () => void;
  columns: readonly Column[];
  layout: Layout;
  onLayout: (layout: Layout) => void;
  paged: boolean;
  onPaged: (paged: boolean) => void;
  canUndo: boolean;
  canRedo: boolean;
  onUndo: () => void;
  onRedo: () => void;
  onRefresh: () => void;
  onExport: (format: ExportFormat) => void;
  exporting: boolean;
  canCreate: boolean;
  canEdit: boolean;
  onAdd: () => void;
}

/** Words that give way to their icon where there is little room; they are still read out. */
function Label({ children }: { children: string }) {
  return <span className="@max-3xl:sr-only">{children}</span>;
}

export function Toolbar(props: ToolbarProps) {
  const m = useMessages(gridMessages);
  return (
    <div
      role="toolbar"
      aria-label={m.grid}
      className="@container flex flex-wrap items-center gap-1.5 border-border border-b bg-surface px-4 py-2"
    >
      <SearchBox value={props.search} onSearch={props.onSearch} />
      <Button
        variant={props.filterCount > 0 ? 'secondary' : 'ghost'}
        icon={<ListFilter className="size-4" aria-hidden />}
        aria-expanded={props.filterOpen}
        onClick={props.onToggleFilter}
      >
        {props.filterCount > 0 ? m.filterCount(props.filterCount) : <Label>{m.filter}</Label>}
      </Button>
      <ColumnsButton columns={props.columns} layout={props.layout} onLayout={props.onLayout} />
      <Menu
        align="start"
        trigger={
          <Button variant="ghost" icon={<SlidersHorizontal className="size-4" aria-hidden />}>
            <Label>{m.viewOptions}</Label>
          </Button>
        }
      >
        <MenuChoice
          label={m.paging}
          value={props.paged ? 'pages' : 'endless'}
          options={[
            { value: 'endless', label: m.endless },
            { value: 'pages', label: m.pages },
          ]}
          onChange={(value) => props.onPaged(value === 'pages')}
        />
      </Menu>
      <ExportMenu busy={props.exporting} onExport={props.onExport} label={m.exportAll} />
      <span className="flex-1" />
      {props.canEdit ? (
        <>
          <IconButton
            label={m.undo}
            shortcut="Mod+Z"
            disabled={!props.canUndo}
            onClick={props.onUndo}
          >
            <Undo2 className="size-4" aria-hidden />
          </IconButton>
          <IconButton
            label={m.redo}
            shortcut="Mod+Shift+Z"
            disabled={!props.canRedo}
            onClick={props.onRedo}
          >
            <Redo2 className="size-4" aria-hidden />
          </IconButton>
        </>
      ) : null}
      <IconButton label={m.refresh} onClick={props.onRefresh}>
        <RotateCw className="size-4" aria-hidden />
      </IconButton>
      {props.canCreate ? (
        <Button
          variant="primary"
          icon={<Plus className="size-4" aria-hidden />}
          onClick={props.onAdd}
        >
          {m.addRow}
        </Button>
      ) : null}
    </div>
  );
}

function SearchBox({ value, onSearch }: { value: string; onSearch: (text: string) => void }) {
  const m = useMessages(gridMessages);
  const [text, setText] = useState(value);
  const sent = useRef(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => {
    // The address changed by itself: back, or "show all rows".
    if (value !== sent.current) {
      sent.current = value;
      setText(value);
    }
  }, [value]);
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: string, delay: number) => {
    setText(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      sent.current = next;
      onSearch(next);
    }, delay);
  };
  return (
    <div className="relative w-64 @max-3xl:w-44">
      <Search
        className="-translate-y-1/2 pointer-events-none absolute top-1/2 left-2.5 size-4 text-muted"
        aria-hidden
      />
      <input
        type="search"
        aria-label={m.search}
        placeholder={m.search}
        value={text}
        onChange={(event) => change(event.currentTarget.value, 250)}
        onKeyDown={(event) => {
          if (event.key === 'Enter') change(text, 0);
          if (event.key === 'Escape' && text) {
            event.stopPropagation();
            change('', 0);
          }
        }}
        className={`${inputClass} pl-8`}
      />
    </div>
  );
}

function ColumnsButton({
  columns,
  layout,
  onLayout,
}: Pick<ToolbarProps, 'columns' | 'layout' | 'onLayout'>) {
  const m = useMessages(gridMessages);
  const all = arrange(layout, columns);
  const shown = all.filter((column) => !layout.hidden.includes(column.name)).length;
  return (
    <Popover
      label={m.columns}
      className="w-64"
      trigger={
        <Button variant="ghost" icon={<Columns3 className="size-4" aria-hidden />}>
          <Label>{m.columns}</Label>
        </Button>
      }
    >
      <div className="scroll-thin flex max-h-80 flex-col gap-1 overflow-y-auto">
        {all.map((column) => {
          const visible = !layout.hidden.includes(column.name);
          return (
            <Checkbox
              key={column.name}
              label={columnName(column)}
              checked={visible}
              disabled={visible && shown === 1}
              onChange={(on) => onLayout(withHidden(layout, column.name, !on))}
            />
          );
        })}
      </div>
      <Button size="sm" variant="ghost" className="mt-2" onClick={() => onLayout(plainLayout)}>
        {m.resetColumns}
      </Button>
    </Popover>
  );
}

export function ExportMenu({
  label,
  busy,
  onExport,
}: {
  label: string;
  busy: boolean;
  onExport: (format: ExportFormat) => void;
}) {
  const m = useMessages(gridMessages);
  return (
    <Menu
      align="start"
      trigger={
        <Button variant="ghost" busy={busy} icon={<Download className="size-4" aria-hidden />}>
          <Label>{label}</Label>
        </Button>
      }
    >
      <MenuItem onSelect={() => onExport('csv')}>{m.exportCsv}</MenuItem>
      <MenuItem onSelect={() => onExport('json')}>{m.exportJson}</MenuItem>
    </Menu>
  );
}

export interface SelectionBarProps {
  count: number;
  canDelete: boolean;
  exporting: boolean;
  onDelete: () => void;
  onExport: (format: ExportFormat) => void;
  onClear: () => void;
}

export function SelectionBar(props: SelectionBarProps) {
  const m = useMessages(gridMessages);
  return (
    <div
      role="toolbar"
      aria-label={m.selected(props.count, formatNumber(props.count))}
      className="flex flex-wrap items-center gap-1.5 border-border border-b bg-accent-soft px-4 py-1.5"
    >
      <span className="pr-2 font-medium text-sm">
        {m.selected(props.count, formatNumber(props.count))}
      </span>
      {props.canDelete ? (
        <Button
          variant="danger-ghost"
          icon={<Trash2 className="size-4" aria-hidden />}
          onClick={props.onDelete}
        >
          {m.deleteRows}
        </Button>
      ) : null}
      <ExportMenu label={m.exportAll} busy={props.exporting} onExport={props.onExport} />
      <Button variant="ghost" icon={<X className="size-4" aria-hidden />} onClick={props.onClear}>
        {m.clearSelection}
      </Button>
    </div>
  );
}
