import { ListTree, Plus, Trash2 } from 'lucide-react';
import { useMessages } from '@/shared/i18n/core';
import { Button, IconButton } from '@/shared/ui/button';
import { Checkbox } from '@/shared/ui/fields';
import { Popover } from '@/shared/ui/popover';
import { designerMessages } from './i18n';
import { type Draft, type DraftIndex, nextKey } from './model';

function IndexRow({
  index,
  place,
  names,
  disabled,
  onChange,
  onRemove,
}: {
  index: DraftIndex;
  place: number;
  names: string[];
  disabled: boolean;
  onChange: (index: DraftIndex) => void;
  onRemove: () => void;
}) {
  const m = useMessages(designerMessages);
  const fixed = index.original !== undefined || disabled;
  const title = index.name || m.indexN(place + 1);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 border-border border-b bg-surface px-3 py-1.5 last:border-b-0">
      <span className="min-w-0 flex-1 truncate font-mono text-xs" translate="no">
        {index.columns.length > 0 ? index.columns.join(', ') : '–'}
        {index.original ? <span className="ml-2 text-muted">{index.name}</span> : null}
      </span>
      {fixed ? null : (
        <Popover
          label={m.indexColumns}
          trigger={<Button size="sm">{m.chooseColumns}</Button>}
          className="max-h-72 overflow-y-auto"
        >
          {names.map((name) => (
            <Checkbox
              key={name}
              label={<span translate="no">{name}</span>}
              checked={index.columns.includes(name)}
              onChange={(on) =>
                onChange({
                  ...index,
                  columns: on
                    ? [...index.columns, name]
                    : index.columns.filter((other) => other !== name),
                })
              }
            />
          ))}
        </Popover>
      )}
      <Checkbox
        label={m.unique}
        checked={index.unique}
        disabled={fixed}
        onChange={(unique) => onChange({ ...index, unique })}
      />
      <IconButton
        label={m.removeIndex(title)}
        variant="danger-quiet"
        size="sm"
        disabled={disabled}
        onClick={onRemove}
      >
        <Trash2 className="size-4" aria-hidden />
      </IconButton>
    </li>
  );
}

export function IndexesEditor({
  draft,
  onChange,
  disabled = false,
}: {
  draft: Draft;
  onChange: (draft: Draft) => void;
  disabled?: boolean;
}) {
  const m = useMessages(designerMessages);
  const names = draft.columns.map((column) => column.name).filter(Boolean);
  const set = (indexes: DraftIndex[]) => onChange({ ...draft, indexes });
  return (
    <section className="mt-6">
      <h2 className="flex items-center gap-2 font-medium text-base">
        <ListTree className="size-4 text-muted" aria-hidden />
        {m.indexes}
      </h2>
      <p className="mt-0.5 mb-2 text-muted text-xs">{m.indexesHint}</p>
      {draft.indexes.length > 0 ? (
        <ul className="mb-2 overflow-hidden rounded-lg border border-border shadow-card">
          {draft.indexes.map((index, place) => (
            <IndexRow
              key={index.key}
              index={index}
              place={place}
              names={names}
              disabled={disabled}
              onChange={(next) =>
                set(draft.indexes.map((other) => (other.key === index.key ? next : other)))
              }
              onRemove={() => set(draft.indexes.filter((other) => other.key !== index.key))}
            />
          ))}
        </ul>
      ) : null}
      <Button
        size="sm"
        disabled={disabled}
        icon={<Plus className="size-3.5" aria-hidden />}
        onClick={() =>
          set([...draft.indexes, { key: nextKey(), name: '', columns: [], unique: false }])
        }
      >
        {m.addIndex}
      </Button>
    </section>
  );
}
