import type { Column } from '@/shared/api/types';
import { parseText, type ValueProblem } from './values';

export type FilterOperator =
  | 'contains'
  | 'startsWith'
  | 'eq'
  | 'neq'
  | 'gt'
  | 'gte'
  | 'lt'
  | 'lte'
  | 'between'
  | 'in'
  | 'isNull'
  | 'isNotNull'
  | 'isTrue'
  | 'isFalse';

export interface Condition {
  field: string;
  operator: FilterOperator;
  value: string;
  /** the upper end of "between" */
  value2: string;
}

export interface FilterModel {
  match: 'and' | 'or';
  conditions: Condition[];
}

export const noFilter: FilterModel = { match: 'and', conditions: [] };

const nulls: FilterOperator[] = ['isNull', 'isNotNull'];
const ordered: FilterOperator[] = ['eq', 'neq', 'gt', 'gte', 'lt', 'lte', 'between', 'in'];

const operatorsByType: Partial<Record<Column['type'], FilterOperator[]>> = {
  text: ['contains', 'startsWith', 'eq', 'neq', 'in', ...nulls],
  number: [...ordered, ...nulls],
  date: [...ordered, ...nulls],
  datetime: ['gt', 'gte', 'lt', 'lte', 'between', 'eq', 'neq', ...nulls],
  time: [...ordered, ...nulls],
  boolean: ['isTrue', 'isFalse', ...nulls],
  uuid: ['eq', 'neq', 'in', ...nulls],
  enum: ['eq', 'neq', 'in', ...nulls],
  relation: ['eq', 'neq', 'in', ...nulls],
};

export function operatorsOf(column: Column | undefined): FilterOperator[] {
  return (column && operatorsByType[column.type]) ?? nulls;
}

/** How many texts an operator takes. */
export function operands(operator: FilterOperator): 0 | 1 | 2 {
  if (operator === 'between') return 2;
  return nulls.includes(operator) || operator === 'isTrue' || operator === 'isFalse' ? 0 : 1;
}

export function newCondition(column: Column): Condition {
  const operator = operatorsOf(column)[0] ?? 'isNull';
  return { field: column.name, operator, value: '', value2: '' };
}

interface Term {
  field: string;
  operator: string;
  value: unknown;
}

type Outcome = { ok: true; term: Term } | { ok: false; problem: ValueProblem } | null;

/** A condition looks at values that a person may not edit, so rights do not matter here. */
const readable = (column: Column): Column => ({
  ...column,
  name: column.name === 'id' ? 'key' : `_${column.name}`,
  primaryKey: false,
  generated: false,
  autoIncrement: false,
  nullable: true,
  can: {},
});

function parseOperand(column: Column, text: string, language: string) {
  // The key of a relation may be anything the other table has for a key.
  const parsed = parseText(readable(column), text, language);
  return parsed.ok && column.type === 'enum' ? { ok: true as const, value: text } : parsed;
}

/** The term of a condition; null while it is not filled in. */
export function conditionTerm(
  condition: Condition,
  column: Column | undefined,
  language: string,
): Outcome {
  const { field, operator, value, value2 } = condition;
  if (!column) return null;
  const term = (name: string, operand: unknown): Outcome => ({
    ok: true,
    term: { field, operator: name, value: operand },
  });
  if (operator === 'isNull') return term('is', null);
  if (operator === 'isNotNull') return term('is', 'not_null');
  if (operator === 'isTrue') return term('eq', true);
  if (operator === 'isFalse') return term('eq', false);
  if (value === '' || (operator === 'between' && value2 === '')) return null;
  if (operator === 'contains' || operator === 'startsWith') return term(operator, value);
  const texts =
    operator === 'between'
      ? [value, value2]
      : operator === 'in'
        ? value
            .split(column.type === 'number' ? /[;\s]+|,\s+/ : /[,;\n]/)
            .map((part) => part.trim())
        : [value];
  const operandValues: unknown[] = [];
  for (const text of texts.filter((part) => part !== '')) {
    const parsed = parseOperand(column, text, language);
    if (!parsed.ok) return { ok: false, problem: parsed.problem };
    operandValues.push(parsed.value);
  }
  return term(
    operator,
    operator === 'between' || operator === 'in' ? operandValues : operandValues[0],
  );
}

/** The `filters` parameter; undefined when nothing is asked. Unfinished conditions do not count. */
export function filterJson(
  model: FilterModel,
  columns: readonly Column[],
  language: string,
): string | undefined {
  const terms: Term[] = [];
  for (const condition of model.conditions) {
    const column = columns.find(({ name }) => name === condition.field);
    const outcome = conditionTerm(condition, column, language);
    if (outcome?.ok) terms.push(outcome.term);
  }
  return terms.length > 0 ? JSON.stringify({ [model.match]: terms }) : undefined;
}

const text = (value: unknown) => (typeof value === 'string' ? value : String(value ?? ''));

/** Reads a filter from the address; what makes no sense is left out. */
export function readFilter(value: unknown): FilterModel {
  let given: unknown = value;
  if (typeof value === 'string') {
    try {
      given = JSON.parse(value);
    } catch {
      return noFilter;
    }
  }
  if (typeof given !== 'object' || given === null) return noFilter;
  const { match, conditions } = given as { match?: unknown; conditions?: unknown };
  if (!Array.isArray(conditions)) return noFilter;
  const known = new Set<string>(Object.values(operatorsByType).flat());
  return {
    match: match === 'or' ? 'or' : 'and',
    conditions: conditions.flatMap((condition: Partial<Condition>) =>
      typeof condition?.field === 'string' && known.has(text(condition.operator))
        ? [
            {
              field: condition.field,
              operator: condition.operator as FilterOperator,
              value: text(condition.value),
              value2: text(condition.value2),
            },
          ]
        : [],
    ),
  };
}
