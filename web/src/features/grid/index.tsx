import { useQuery, useQueryClient } from '@tanstack/react-query';
import { keys, tableQuery } from '@/shared/api/queries';
import { ErrorState, LoadingState } from '@/shared/ui/states';
import { GridPage } from './grid-page';

/** The rows of a table, to read and to edit. */
export function TableGrid({ tableName }: { tableName: string }) {
  const queries = useQueryClient();
  const { data: table, error, refetch } = useQuery(tableQuery(tableName));
  if (!table)
    return error ? (
      <ErrorState error={error} onRetry={() => void refetch()} />
    ) : (
      <LoadingState rows={8} />
    );
  return (
    <GridPage
      key={table.tableName}
      table={table}
      onRowsChanged={() => void queries.invalidateQueries({ queryKey: keys.tables, exact: true })}
    />
  );
}

export { TableGrid as DataGridPage };
