import { LoadingState } from '@/shared/ui/states';

export function NewTablePage() {
  return <LoadingState />;
}
