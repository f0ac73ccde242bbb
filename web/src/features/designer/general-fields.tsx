import { useMessages } from '@/shared/i18n/core';
import { SelectField, TextField } from '@/shared/ui/fields';
import { TableIcon, tableColors, tableIcons } from '@/shared/ui/table-icon';
import { designerMessages } from './i18n';
import type { Draft } from './model';

const none = 'none';

/** Name, description and look of a table. */
export function GeneralFields({
  draft,
  onChange,
  nameError,
  disabled = false,
  tableName,
}: {
  draft: Draft;
  onChange: (draft: Draft) => void;
  nameError?: string | undefined;
  disabled?: boolean;
  tableName: string;
}) {
  const m = useMessages(designerMessages);
  const seed = tableName || draft.displayName || 'table';
  return (
    <fieldset disabled={disabled} className="grid gap-x-4 gap-y-3 sm:grid-cols-2">
      <legend className="sr-only">{m.general}</legend>
      <TextField
        label={m.tableName}
        placeholder={m.tableNamePlaceholder}
        value={draft.displayName}
        error={nameError}
        onChange={(event) => onChange({ ...draft, displayName: event.target.value })}
        data-table-name
      />
      <TextField
        label={m.description}
        value={draft.description}
        onChange={(event) => onChange({ ...draft, description: event.target.value })}
      />
      <SelectField
        label={m.icon}
        disabled={disabled}
        value={draft.icon || none}
        options={[
          {
            value: none,
            label: m.noIcon,
            icon: <TableIcon color={draft.color} name={seed} size="sm" />,
          },
          ...Object.keys(tableIcons).map((icon) => ({
            value: icon,
            label: m.iconNames[icon] ?? icon,
            icon: <TableIcon icon={icon} color={draft.color} name={seed} size="sm" />,
          })),
        ]}
        onChange={(icon) => onChange({ ...draft, icon: icon === none ? '' : icon })}
      />
      <SelectField
        label={m.color}
        disabled={disabled}
        value={draft.color || none}
        options={[
          { value: none, label: m.colorAuto, icon: <TableIcon name={seed} size="sm" /> },
          ...tableColors.map((color, index) => ({
            value: color,
            label: m.colorNames[index] ?? color,
            icon: <TableIcon icon={draft.icon} color={color} name={seed} size="sm" />,
          })),
          ...(draft.color && !tableColors.includes(draft.color)
            ? [
                {
                  value: draft.color,
                  label: draft.color,
                  icon: <TableIcon icon={draft.icon} color={draft.color} name={seed} size="sm" />,
                },
              ]
            : []),
        ]}
        onChange={(color) => onChange({ ...draft, color: color === none ? '' : color })}
      />
    </fieldset>
  );
}
