import { LoadingState } from '@/shared/ui/states';

export function TrashPage() {
  return <LoadingState />;
}
