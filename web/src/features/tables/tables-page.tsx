import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { tablesQuery } from '@/shared/api/queries';
import { ErrorState, LoadingState } from '@/shared/ui/states';

export function TablesPage() {
  const { data, error, refetch } = useQuery(tablesQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingState />;
  return (
    <ul>
      {data.map((table) => (
        <li key={table.tableName}>
          <Link to="/tables/$tableName/data" params={{ tableName: table.tableName }}>
            {table.displayName}
          </Link>
        </li>
      ))}
    </ul>
  );
}
