import { Outlet } from '@tanstack/react-router';

export function TableLayout() {
  return (
    <div className="flex min-h-0 flex-1 flex-col">
      <Outlet />
    </div>
  );
}
