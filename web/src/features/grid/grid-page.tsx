import { Link } from '@tanstack/react-router';
import clsx from 'clsx';
import {
  Download,
  FileUp,
  ListFilter,
  LockKeyhole,
  type LucideIcon,
  Plus,
  Redo2,
  SearchX,
  Table2,
  TriangleAlert,
  Undo2,
} from 'lucide-react';
import { useCallback, useEffect, useMemo, useRef, useState, useSyncExternalStore } from 'react';
import type { Row, TableInfo } from '@/shared/api/types';
import { useLanguage, useMessages } from '@/shared/i18n/core';
import { formatNumber } from '@/shared/i18n/format';
import { type Command, useCommands } from '@/shared/lib/commands';
import { downloadBlob } from '@/shared/lib/download';
import { Button, buttonClass } from '@/shared/ui/button';
import { ConfirmDialog } from '@/shared/ui/dialog';
import { describeError, uiMessages } from '@/shared/ui/i18n';
import { useLeaveGuard } from '@/shared/ui/leave-guard';
import { EmptyState, ErrorState } from '@/shared/ui/states';
import { toast } from '@/shared/ui/toast';
import { type ExportFormat, exportRows, type ListQuery, listRows, makeBackend } from './backend';
import { type EditStep, EditStore } from './edits';
import { FilterBar } from './filter-bar';
import { Footer } from './footer';
import { gridMessages } from './i18n';
import { filterJson, newCondition, noFilter } from './lib/filters';
import { shownColumns, widthOf, withHidden, withMoved, withShifted, withWidth } from './lib/layout';
import { allRows, choose, countChosen, noRows, type RowSelection } from './lib/selection';
import { RowSource } from './lib/source';
import { gridColumns, keyOf, rowKey } from './lib/values';
import { csvOf, deleteAll, freshRows, jsonOf, selectedRows, undoableRows } from './row-commands';
import { RowPanel } from './row-panel';
import { Sheet } from './sheet';
import { columnName } from './sheet-header';
import { SelectionBar, Toolbar } from './toolbar';
import { useGridView, useLayout } from './use-grid-state';

const rowsOfPage = 100;

export interface GridPageProps {
  table: TableInfo;
  onRowsChanged: () => void;
}

/** The list parameters of what the address says; the same object while they are the same. */
function useListQuery(table: TableInfo) {
  const language = useLanguage();
  const [view, setView] = useGridView(table.tableName);
  const columns = useMemo(() => gridColumns(table), [table]);
  const filters = filterJson(view.filter, columns, language);
  const sortColumn = columns.some(({ name }) => name === view.sort?.column)
    ? view.sort?.column
    : undefined;
  const order = sortColumn ? view.sort?.order : undefined;
  const query = useMemo<ListQuery>(
    () => ({ sort: sortColumn, order, filters, search: view.search || undefined }),
    [sortColumn, order, filters, view.search],
  );
  return { view, setView, columns, query };
}

/** Rows for a query; a new query is a new source, the old one in sight until that has rows. */
function useSource(tableName: string, query: ListQuery): RowSource {
  const shown = useRef<RowSource>(null);
  const source = useMemo(
    () =>
      new RowSource((page, limit, count, signal) =>
        listRows(tableName, query, page, limit, count, signal),
      ),
    [tableName, query],
  );
  useEffect(() => {
    source.open();
    return () => source.close();
  }, [source]);
  useSyncExternalStore(source.subscribe, source.snapshot);
  if (!source.fresh || !shown.current) shown.current = source;
  return shown.current;
}

export function GridPage({ table, onRowsChanged }: GridPageProps) {
  const m = useMessages(gridMessages);
  const ui = useMessages(uiMessages);
  const { tableName, can } = table;
  const { view, setView, columns, query } = useListQuery(table);
  const source = useSource(tableName, query);
  const keyName = keyOf(table, columns);
  const [layout, setLayout] = useLayout(tableName);
  const [filterOpen, setFilterOpen] = useState(view.filter.conditions.length > 0);
  const [askedFilters, setAskedFilters] = useState(0);
  const [selection, setSelection] = useState<RowSelection>(noRows);
  const [panel, setPanel] = useState<'new' | number | null>(null);
  const [exporting, setExporting] = useState(false);
  const [confirming, setConfirming] = useState(false);
  const [deleting, setDeleting] = useState(false);
  const [said, announce] = useState('');
  const sheet = useRef<HTMLDivElement>(null);

  const failed = useCallback(
    (error: unknown) => {
      const { title, text } = describeError(ui, error);
      toast({ kind: 'error', title, ...(text ? { description: text } : {}) });
    },
    [ui],
  );
  const latest = useRef({ source, columns, keyName, failed, onRowsChanged });
  latest.current = { source, columns, keyName, failed, onRowsChanged };
  const [edits] = useState(
    () =>
      new EditStore(makeBackend(tableName), {
        columns: () => latest.current.columns,
        keyName: () => latest.current.keyName,
        onRow: (key, row) =>
          latest.current.source.replace(
            (other) => rowKey(other, latest.current.keyName) === key,
            row,
          ),
        onRows: () => {
          latest.current.source.refresh();
          latest.current.onRowsChanged();
        },
        onFailure: (error) => latest.current.failed(error),
      }),
  );
  useSyncExternalStore(edits.subscribe, edits.snapshot);
  const guard = useLeaveGuard(edits.failures > 0, m, edits.saving);
  useEffect(
    () => () => {
      // Saving goes on behind the next page; what is refused then has no cell to show it.
      if (!edits.saving) return;
      void edits.idle().then(() => {
        if (edits.failures > 0) toast({ kind: 'error', title: m.notSaved(edits.failures) });
      });
    },
    [edits, m],
  );
  // Another result: what was selected in the one before may not be in it.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new query, not a new function
  useEffect(() => {
    setSelection(noRows);
    setPanel((now) => (now === 'new' ? now : null));
  }, [query]);

  const shown = useMemo(() => shownColumns(layout, columns), [layout, columns]);
  const widths = useMemo(() => shown.map((column) => widthOf(layout, column)), [shown, layout]);
  const total = source.total ?? 0;
  const paged = view.page > 0;
  const pages = Math.max(1, Math.ceil(total / rowsOfPage));
  const page = Math.min(view.page, pages);
  const offset = paged ? (page - 1) * rowsOfPage : 0;
  const count = paged ? Math.max(0, Math.min(rowsOfPage, total - offset)) : total;
  const canUpdate = can?.update !== false;
  const canCreate = can?.create !== false;
  const canDelete = can?.delete !== false;
  const chosen = countChosen(selection, total);

  const focusSheet = () =>
    requestAnimationFrame(() =>
      sheet.current?.querySelector<HTMLElement>('[data-cell][tabindex="0"]')?.focus(),
    );

  const undo = () => {
    const step = edits.undo();
    announce(step ? m.undone : m.nothingToUndo);
    afterStep(step);
  };
  const redo = () => {
    const step = edits.redo();
    if (step) announce(m.redone);
    afterStep(step);
  };
  const afterStep = (step: EditStep | null) => {
    if (step && step.kind !== 'cells') setSelection(noRows);
  };

  const chooseRows = async (from: number, to: number, on: boolean) => {
    try {
      const rows = await source.range(offset + from, offset + to + 1, new AbortController().signal);
      const named = rows.map((row) => ({ key: rowKey(row, keyName), row }));
      setSelection((now) => choose(now, named, on));
    } catch (error) {
      failed(error);
    }
  };

  const remove = async (rows: Row[]) => {
    if (rows.length === 0) return;
    if (!(await edits.remove(rows))) return;
    setSelection(noRows);
    setPanel(null);
    const title = m.deleted(rows.length, formatNumber(rows.length));
    announce(title);
    toast({
      title,
      action: {
        label: m.undo,
        run: () => {
          undo();
        },
      },
    });
  };
  const removeChosen = async () => {
    if (chosen > undoableRows) {
      setConfirming(true);
      return;
    }
    try {
      await remove(await selectedRows(tableName, query, keyName, selection));
    } catch (error) {
      failed(error);
    }
  };
  const removeMany = async () => {
    setDeleting(true);
    try {
      const gone = selection.all
        ? await deleteAll(tableName, query, keyName, selection.except)
        : selection.rows.size;
      // What goes wrong with chosen rows is told by the edits themselves.
      if (!selection.all && !(await edits.remove([...selection.rows.values()], false))) return;
      toast({ title: m.deleted(gone, formatNumber(gone)) });
      setSelection(noRows);
    } catch (error) {
      failed(error);
    } finally {
      setDeleting(false);
      setConfirming(false);
      source.refresh();
      onRowsChanged();
    }
  };
  const removeRange = async (from: number, to: number) => {
    if (!canDelete) return announce(m.noRight);
    if (chosen > 0) return void removeChosen();
    if (to - from >= undoableRows) return toast({ kind: 'error', title: m.tooMany });
    try {
      const rows = await source.range(offset + from, offset + to + 1, new AbortController().signal);
      const named = rows.map((row) => rowKey(row, keyName));
      await remove(await freshRows(tableName, keyName, named));
    } catch (error) {
      failed(error);
    }
  };

  const exportAs = async (format: ExportFormat, onlyChosen: boolean) => {
    setExporting(true);
    try {
      const name = `${tableName}.${format}`;
      if (!onlyChosen || (selection.all && selection.except.size === 0))
        downloadBlob(name, await exportRows(tableName, query, format));
      else {
        const rows = await selectedRows(tableName, query, keyName, selection);
        if (format === 'csv') downloadBlob(name, csvOf(rows, shown), 'text/csv');
        else downloadBlob(name, jsonOf(rows, shown), 'application/json');
      }
      announce(m.exportDone);
    } catch (error) {
      failed(error);
    } finally {
      setExporting(false);
    }
  };

  const commands = useRef({ undo, redo, exportAs });
  commands.current = { undo, redo, exportAs };
  const offered = useMemo<Command[]>(() => {
    const offer = (id: string, label: string, Icon: LucideIcon, run: () => void): Command => ({
      id: `grid.${id}`,
      label,
      group: table.displayName,
      icon: <Icon className="size-4" />,
      run,
    });
    const exporting = (format: ExportFormat) => () => {
      void commands.current.exportAs(format, false);
    };
    return [
      ...(canCreate ? [offer('add', m.addRow, Plus, () => setPanel('new'))] : []),
      ...(canUpdate ? [offer('undo', m.undo, Undo2, () => commands.current.undo())] : []),
      ...(canUpdate ? [offer('redo', m.redo, Redo2, () => commands.current.redo())] : []),
      offer('filter', m.filter, ListFilter, () => setFilterOpen(true)),
      offer('csv', `${m.exportAll}: ${m.exportCsv}`, Download, exporting('csv')),
      offer('json', `${m.exportAll}: ${m.exportJson}`, Download, exporting('json')),
    ];
  }, [m, table.displayName, canCreate, canUpdate]);
  useCommands('grid', offered);

  if (can?.read === false)
    return <EmptyState icon={<LockKeyhole className="size-5" aria-hidden />} title={m.noRight} />;

  const isFiltered = view.search !== '' || query.filters !== undefined;
  const showAll = () => setView({ search: '', filter: noFilter, page: paged ? 1 : 0 });
  const openRow = typeof panel === 'number' ? source.get(panel) : undefined;
  const body = () => {
    if (source.error && source.total === null)
      return <ErrorState error={source.error} onRetry={() => source.refresh()} />;
    if (total === 0 && source.total !== null && !source.loading)
      return (
        <NoRows
          tableName={tableName}
          filtered={isFiltered}
          canCreate={canCreate}
          onShowAll={showAll}
          onAdd={() => setPanel('new')}
        />
      );
    return null;
  };
  const instead = body();
  return (
    <div className="relative flex min-h-0 flex-1">
      <div
        ref={sheet}
        className={clsx(
          'flex min-h-0 min-w-0 flex-1 flex-col',
          // In a narrow window the row covers the rows, for eyes, keys and readers alike.
          panel !== null && 'max-md:invisible',
        )}
      >
        <Toolbar
          search={view.search}
          onSearch={(search) => setView({ search, page: paged ? 1 : 0 })}
          filterCount={view.filter.conditions.length}
          filterOpen={filterOpen}
          onToggleFilter={() => setFilterOpen(!filterOpen)}
          columns={columns}
          layout={layout}
          onLayout={setLayout}
          paged={paged}
          onPaged={(on) => setView({ page: on ? 1 : 0 })}
          canUndo={edits.canUndo}
          canRedo={edits.canRedo}
          onUndo={undo}
          onRedo={redo}
          onRefresh={() => source.refresh()}
          onExport={(format) => void exportAs(format, false)}
          exporting={exporting}
          canCreate={canCreate}
          canEdit={canUpdate || canCreate || canDelete}
          onAdd={() => setPanel('new')}
        />
        {filterOpen ? (
          <FilterBar
            columns={columns}
            model={view.filter}
            asked={askedFilters}
            onChange={(filter) => setView({ filter, page: paged ? 1 : 0 })}
          />
        ) : null}
        {chosen > 0 ? (
          <SelectionBar
            count={chosen}
            canDelete={canDelete}
            exporting={exporting}
            onDelete={() => void removeChosen()}
            onExport={(format) => void exportAs(format, true)}
            onClear={() => {
              setSelection(noRows);
              focusSheet();
            }}
          />
        ) : null}
        {source.error && source.total !== null ? (
          <div
            role="alert"
            className="flex items-center gap-2 border-border border-b bg-danger-soft px-4 py-1.5 text-danger-text text-sm"
          >
            <TriangleAlert className="size-4" aria-hidden />
            {m.loadFailed}
            <Button size="sm" onClick={() => source.refresh()}>
              {m.tryAgain}
            </Button>
          </div>
        ) : null}
        {instead ?? (
          <Sheet
            label={table.displayName}
            columns={shown}
            widths={widths}
            keyName={keyName}
            source={source}
            edits={edits}
            offset={offset}
            count={count}
            canUpdate={canUpdate}
            sort={view.sort}
            selection={selection}
            onSort={(sort) => {
              setView({ sort, page: paged ? 1 : 0 });
              const column = columns.find(({ name }) => name === sort?.column);
              if (column) announce(m.sortedBy(columnName(column)));
            }}
            onWidth={(name, width) => setLayout(withWidth(layout, name, width))}
            onShift={(name, by) => setLayout(withShifted(layout, columns, name, by))}
            onMove={(name, before) => setLayout(withMoved(layout, columns, name, before))}
            onHide={(name) => setLayout(withHidden(layout, name, true))}
            onFilter={(name) => {
              const column = columns.find((other) => other.name === name);
              if (!column) return;
              const conditions = [...view.filter.conditions, newCondition(column)];
              setView({ filter: { ...view.filter, conditions } });
              setFilterOpen(true);
              setAskedFilters(askedFilters + 1);
            }}
            onChooseAll={(on) => setSelection(on ? allRows : noRows)}
            onChoose={(from, to, on) => void chooseRows(from, to, on)}
            onOpenRow={(index) => setPanel(offset + index)}
            onNewRow={() => {
              if (canCreate) setPanel('new');
              else announce(m.noRight);
            }}
            onDeleteRows={(from, to) => void removeRange(from, to)}
            onUndo={undo}
            onRedo={redo}
            onLeave={() => {
              if (panel !== null) setPanel(null);
              else if (chosen > 0) setSelection(noRows);
              else sheet.current?.querySelector<HTMLElement>('input[type="search"]')?.focus();
            }}
            announce={announce}
          />
        )}
        <Footer
          total={total}
          exact={source.exact}
          page={paged ? page : 0}
          pages={pages}
          onPage={(next) => setView({ page: next })}
          saving={edits.saving}
          failures={edits.failures}
          onDiscard={() => edits.discardFailures()}
        />
        <p className="sr-only" role="status">
          {said}
        </p>
      </div>
      {panel === 'new' || openRow ? (
        <RowPanel
          key={panel}
          columns={columns}
          keyName={keyName}
          row={panel === 'new' ? null : (openRow ?? null)}
          title={panel === 'new' ? m.newTitle : m.detailTitle(formatNumber(Number(panel) + 1))}
          canUpdate={canUpdate}
          onClose={() => {
            setPanel(null);
            focusSheet();
          }}
          {...(typeof panel === 'number'
            ? {
                onStep: (by: 1 | -1) =>
                  setPanel(Math.min(Math.max(panel + by, offset), offset + count - 1)),
              }
            : {})}
          onSave={async (changes) => {
            await edits.saveRow(changes);
            announce(m.saved);
          }}
          onAdd={async (row) => {
            await edits.add(row);
            announce(m.saved);
          }}
        />
      ) : null}
      <ConfirmDialog
        open={confirming}
        onOpenChange={setConfirming}
        title={m.deleteManyTitle(formatNumber(chosen))}
        description={m.deleteManyText}
        action={m.deleteManyAction}
        danger
        busy={deleting}
        onConfirm={() => void removeMany()}
      />
      {guard.dialog}
    </div>
  );
}

interface NoRowsProps {
  tableName: string;
  filtered: boolean;
  canCreate: boolean;
  onShowAll: () => void;
  onAdd: () => void;
}

function NoRows({ tableName, filtered, canCreate, onShowAll, onAdd }: NoRowsProps) {
  const m = useMessages(gridMessages);
  if (filtered)
    return (
      <EmptyState
        className="flex-1"
        icon={<SearchX className="size-5" aria-hidden />}
        title={m.noMatchTitle}
        actions={<Button onClick={onShowAll}>{m.clearFilters}</Button>}
      >
        <p>{m.noMatchText}</p>
      </EmptyState>
    );
  return (
    <EmptyState
      className="flex-1"
      icon={<Table2 className="size-5" aria-hidden />}
      title={m.emptyTitle}
      actions={
        canCreate ? (
          <>
            <Button
              variant="primary"
              icon={<Plus className="size-4" aria-hidden />}
              onClick={onAdd}
            >
              {m.addRow}
            </Button>
            <Link
              to="/tables/$tableName/import"
              params={{ tableName }}
              className={buttonClass('secondary')}
            >
              <FileUp className="size-4" aria-hidden />
              {m.importFile}
            </Link>
          </>
        ) : null
      }
    >
      <p>{canCreate ? m.emptyText : m.emptyReadOnly}</p>
    </EmptyState>
  );
}
