import { LoadingState } from '@/shared/ui/states';

export function ApiPage() {
  return <LoadingState />;
}
