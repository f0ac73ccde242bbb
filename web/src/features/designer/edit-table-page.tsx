import { LoadingState } from '@/shared/ui/states';

export function EditTablePage() {
  return <LoadingState />;
}
