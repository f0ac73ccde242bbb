import { LoadingState } from '@/shared/ui/states';

export function TokensPage() {
  return <LoadingState />;
}
