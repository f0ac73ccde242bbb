import { LoadingState } from '@/shared/ui/states';

export function HistoryPage() {
  return <LoadingState />;
}

export function TableHistoryPage() {
  return <LoadingState />;
}
