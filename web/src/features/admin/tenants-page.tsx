import { LoadingState } from '@/shared/ui/states';

export function TenantsPage() {
  return <LoadingState />;
}
