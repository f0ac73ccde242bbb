import clsx from 'clsx';
import {
  BookOpen,
  Box,
  Briefcase,
  Building2,
  Calendar,
  Camera,
  ChartLine,
  CreditCard,
  FileText,
  Flag,
  Folder,
  Globe,
  Heart,
  House,
  type LucideIcon,
  Mail,
  MapPin,
  Music,
  Package,
  Plane,
  ShoppingCart,
  Star,
  Table2,
  Tag,
  Truck,
  Users,
} from 'lucide-react';

/** The icons a table can have; the name is what the server keeps. */
export const tableIcons: Record<string, LucideIcon> = {
  table: Table2,
  users: Users,
  building: Building2,
  'shopping-cart': ShoppingCart,
  package: Package,
  tag: Tag,
  'credit-card': CreditCard,
  mail: Mail,
  calendar: Calendar,
  'file-text': FileText,
  folder: Folder,
  'book-open': BookOpen,
  briefcase: Briefcase,
  'chart-line': ChartLine,
  globe: Globe,
  'map-pin': MapPin,
  plane: Plane,
  truck: Truck,
  house: House,
  box: Box,
  camera: Camera,
  music: Music,
  flag: Flag,
  star: Star,
  heart: Heart,
};

export const tableColors = [
  '#6366f1',
  '#0ea5e9',
  '#0d9488',
  '#16a34a',
  '#ca8a04',
  '#ea580c',
  '#dc2626',
  '#db2777',
  '#9333ea',
  '#64748b',
];

/** A colour of its own for a table that has none: the same name, the same colour. */
export function defaultTableColor(name: string): string {
  let hash = 0;
  for (const letter of name) hash = (hash * 31 + (letter.codePointAt(0) ?? 0)) >>> 0;
  return tableColors[hash % tableColors.length] ?? '#6366f1';
}

const isHex = (value: string | null | undefined): value is string =>
  /^#[0-9a-f]{3,8}$/i.test(value ?? '');

export function TableIcon({
  icon,
  color,
  name,
  size = 'md',
}: {
  icon?: string | null | undefined;
  color?: string | null | undefined;
  name: string;
  size?: 'sm' | 'md' | 'lg';
}) {
  const paint = isHex(color) ? color : defaultTableColor(name);
  const Icon = tableIcons[icon ?? ''];
  // An icon that is none of ours is taken for an emoji, as the specification allows.
  const glyph = icon && !Icon && icon.length <= 8 ? icon : null;
  const Shown = Icon ?? Table2;
  const box = { sm: 'size-5 rounded-sm', md: 'size-8 rounded-md', lg: 'size-10 rounded-lg' }[size];
  const inner = { sm: 'size-3', md: 'size-4.5', lg: 'size-5' }[size];
  return (
    <span
      aria-hidden
      className={clsx('inline-flex shrink-0 items-center justify-center', box)}
      style={{ backgroundColor: `color-mix(in oklab, ${paint} 16%, transparent)`, color: paint }}
    >
      {glyph ? (
        <span className={size === 'sm' ? 'text-xs' : 'text-base'}>{glyph}</span>
      ) : (
        <Shown className={inner} />
      )}
    </span>
  );
}
