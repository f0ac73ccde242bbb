import { describe, expect, it } from 'vitest';
import { planScript, severityOf } from './plan-review';

describe('planScript', () => {
  it('closes every statement once and keeps its text', () => {
    expect(planScript([{ text: 'CREATE TABLE a (b)' }, { text: ' DROP TABLE c; ' }])).toBe(
      'CREATE TABLE a (b);\n\nDROP TABLE c;',
    );
  });
  it('is empty without steps', () => {
    expect(planScript([])).toBe('');
  });
});

describe('severityOf', () => {
  it('reads the words of every engine', () => {
    expect(severityOf({ severity: 'DANGER' })).toBe('danger');
    expect(severityOf({ severity: 'warning' })).toBe('warning');
    expect(severityOf({ severity: 'info' })).toBe('info');
    expect(severityOf({ severity: 'something new' })).toBe('info');
  });
});
