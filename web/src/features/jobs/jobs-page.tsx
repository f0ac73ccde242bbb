import { LoadingState } from '@/shared/ui/states';

export function JobsPage() {
  return <LoadingState />;
}
