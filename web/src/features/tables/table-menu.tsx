import { Link, useNavigate } from '@tanstack/react-router';
import { BookOpenText, Columns3, Ellipsis, FileUp, History, Table2, Trash2 } from 'lucide-react';
import { useState } from 'react';
import { PlannedDialog } from '@/features/plans/drop-dialog';
import { useSource } from '@/features/sources/current';
import { path } from '@/shared/api/client';
import type { TableInfo } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { IconButton } from '@/shared/ui/button';
import { Menu, MenuItem, MenuSeparator } from '@/shared/ui/menu';
import { tablesMessages } from './i18n';

const icon = 'size-4';

/** What can be done with a table, from wherever it is named. */
export function TableMenu({ table }: { table: TableInfo }) {
  const m = useMessages(tablesMessages);
  const navigate = useNavigate();
  const source = useSource();
  const [dropping, setDropping] = useState(false);
  const params = { tableName: table.tableName };
  return (
    <>
      <Menu
        trigger={
          <IconButton label={m.actionsOf(table.displayName)}>
            <Ellipsis className={icon} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem
          icon={<Table2 className={icon} />}
          render={<Link to="/tables/$tableName/data" params={params} />}
        >
          {m.openData}
        </MenuItem>
        <MenuItem
          icon={<Columns3 className={icon} />}
          render={<Link to="/tables/$tableName/schema" params={params} />}
        >
          {m.editSchema}
        </MenuItem>
        {source && table.can?.create !== true ? null : (
          <MenuItem
            icon={<FileUp className={icon} />}
            render={<Link to="/tables/$tableName/import" params={params} />}
          >
            {m.importData}
          </MenuItem>
        )}
        {source ? null : (
          <MenuItem
            icon={<BookOpenText className={icon} />}
            render={<Link to="/tables/$tableName/api" params={params} />}
          >
            {m.showApi}
          </MenuItem>
        )}
        <MenuItem
          icon={<History className={icon} />}
          render={<Link to="/tables/$tableName/history" params={params} />}
        >
          {m.showHistory}
        </MenuItem>
        {table.can?.delete === false || table.can?.alter === false ? null : (
          <>
            <MenuSeparator />
            <MenuItem danger icon={<Trash2 className={icon} />} onSelect={() => setDropping(true)}>
              {m.deleteTable}
            </MenuItem>
          </>
        )}
      </Menu>
      <PlannedDialog
        open={dropping}
        onOpenChange={setDropping}
        title={m.deleteTitle(table.displayName)}
        description={m.deleteText}
        action={m.deleteTable}
        method="DELETE"
        url={path('api/db-editor/tables', table.tableName)}
        doneTitle={m.deleted(table.displayName)}
        onDone={() => navigate({ to: '/tables' })}
      />
    </>
  );
}
