import {
  Binary,
  Braces,
  Brackets,
  Calendar,
  CalendarClock,
  CircleQuestionMark,
  Clock,
  Fingerprint,
  Hash,
  Link2,
  ListFilter,
  type LucideIcon,
  ToggleLeft,
  Type,
} from 'lucide-react';
import type { ColumnType } from '../api/types';

export const columnIcons: Record<ColumnType, LucideIcon> = {
  text: Type,
  number: Hash,
  boolean: ToggleLeft,
  date: Calendar,
  datetime: CalendarClock,
  time: Clock,
  uuid: Fingerprint,
  json: Braces,
  enum: ListFilter,
  binary: Binary,
  array: Brackets,
  relation: Link2,
  native: CircleQuestionMark,
};

export function ColumnIcon({ type, className }: { type: ColumnType; className?: string }) {
  const Icon = columnIcons[type] ?? CircleQuestionMark;
  return <Icon className={className ?? 'size-4'} aria-hidden />;
}
