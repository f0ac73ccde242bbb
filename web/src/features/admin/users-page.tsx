import { LoadingState } from '@/shared/ui/states';

export function UsersPage() {
  return <LoadingState />;
}
