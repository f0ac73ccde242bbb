import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { nextActive, PickList } from './pick-list';

afterEach(cleanup);

const options = ['new', 'paid', 'shipped'].map((value) => ({ value, label: value }));

function show(value: unknown, onPick = vi.fn()) {
  render(
    <PickList
      label="Status"
      current={String(value ?? '')}
      value={value}
      nullable
      startOpen
      load={(query) => options.filter(({ label }) => label.includes(query))}
      onPick={onPick}
    />,
  );
  return { onPick, field: screen.getByRole('combobox') };
}

describe('the list of what a cell may hold', () => {
  it('begins at what is chosen: Enter alone changes nothing', async () => {
    const { onPick, field } = show('paid');
    await waitFor(() => expect(screen.getAllByRole('option')).toHaveLength(4));
    expect(screen.getByRole('option', { selected: true }).textContent).toBe('paid');
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(onPick).toHaveBeenCalledWith('paid');
  });
  it('begins at the first that matches what is typed', async () => {
    const { onPick, field } = show('paid');
    fireEvent.change(field, { target: { value: 'sh' } });
    await waitFor(() => {
      const found = screen.getAllByRole('option');
      expect(found.map((option) => option.textContent)).toEqual(['shipped']);
    });
    fireEvent.keyDown(field, { key: 'Enter' });
    expect(onPick).toHaveBeenCalledWith('shipped');
  });
  it('goes around its ends', () => {
    expect(nextActive(-1, 1, 3)).toBe(0);
    expect(nextActive(-1, -1, 3)).toBe(2);
    expect(nextActive(2, 1, 3)).toBe(0);
    expect(nextActive(0, -1, 3)).toBe(2);
    expect(nextActive(0, 1, 0)).toBe(-1);
  });
});
