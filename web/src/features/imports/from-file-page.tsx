import { LoadingState } from '@/shared/ui/states';

export function FromFilePage() {
  return <LoadingState />;
}
