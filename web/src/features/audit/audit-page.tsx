import { LoadingState } from '@/shared/ui/states';

export function AuditPage() {
  return <LoadingState />;
}
