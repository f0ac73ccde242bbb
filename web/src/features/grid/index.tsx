export function DataGridPage({ tableName }: { tableName: string }) {
  return <div className="p-4 text-muted">{tableName}</div>;
}
