import { describe, expect, it } from 'vitest';
import { planMessages } from './i18n';
import { findingWords, planScript, severityOf } from './plan-review';

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

describe('findingWords', () => {
  const finding = {
    rule: 'DL002',
    message: '12 rows of "custom_airports" have a value in "city"',
    hint: 'undo brings them back until the trash is emptied',
  };
  it('says a known finding in the language of the page', () => {
    expect(findingWords(planMessages.it, finding).text).toBe(
      'Alcune righe di «custom_airports» hanno un valore in «city».',
    );
    expect(findingWords(planMessages.fr, finding).hint).toMatch(/corbeille/);
  });
  it('takes the words of the server where it knows no better', () => {
    const other = { ...finding, rule: 'XX999' };
    expect(findingWords(planMessages.it, other)).toEqual({
      text: finding.message,
      hint: finding.hint,
    });
    const changed = { ...finding, message: 'something else' };
    expect(findingWords(planMessages.it, changed).text).toBe('something else');
  });
  it('has every rule in every language', () => {
    const rules = Object.keys(planMessages.en.findings);
    expect(Object.keys(planMessages.it.findings)).toEqual(rules);
    expect(Object.keys(planMessages.fr.findings)).toEqual(rules);
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
