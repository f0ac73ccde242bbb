import { Outlet } from '@tanstack/react-router';

export function Shell() {
  return (
    <main className="flex h-full min-h-0 flex-col">
      <Outlet />
    </main>
  );
}
