import { LoadingState } from '@/shared/ui/states';

export function ImportPage() {
  return <LoadingState />;
}
