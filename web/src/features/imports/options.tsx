import type { Column } from '@/shared/api/types';
import { useMessages } from '@/shared/i18n/core';
import { SelectField } from '@/shared/ui/fields';
import { importMessages } from './i18n';
import type { ImportOptions } from './run';

const none = '\u0000';

export function OptionFields({
  options,
  onChange,
  keyColumns,
}: {
  options: ImportOptions;
  onChange: (options: ImportOptions) => void;
  keyColumns: Column[];
}) {
  const m = useMessages(importMessages);
  return (
    <div className="mt-5 grid max-w-2xl gap-x-4 gap-y-3 sm:grid-cols-2">
      <SelectField<ImportOptions['mode']>
        label={m.mode}
        value={options.mode}
        options={[
          { value: 'all-or-nothing', label: m.modeWhole },
          { value: 'partial', label: m.modePartial },
        ]}
        onChange={(mode) => onChange({ ...options, mode })}
      />
      {keyColumns.length > 0 ? (
        <SelectField
          label={m.upsert}
          value={options.upsert || none}
          options={[
            { value: none, label: m.upsertNone },
            ...keyColumns.map((column) => ({
              value: column.name,
              label: m.upsertBy(column.displayName || column.name),
            })),
          ]}
          onChange={(value) => onChange({ ...options, upsert: value === none ? '' : value })}
        />
      ) : null}
    </div>
  );
}
