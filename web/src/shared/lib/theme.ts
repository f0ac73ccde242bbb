import { create } from 'zustand';

export type Theme = 'system' | 'light' | 'dark';

function readTheme(): Theme {
  try {
    const stored = localStorage.getItem('telaio.theme');
    if (stored === 'light' || stored === 'dark') return stored;
  } catch {
    // storage can be off
  }
  return 'system';
}

export const useTheme = create<{ theme: Theme }>(() => ({ theme: readTheme() }));

const darkQuery = () => matchMedia('(prefers-color-scheme: dark)');

function paint(theme: Theme): void {
  const dark = theme === 'dark' || (theme === 'system' && darkQuery().matches);
  document.documentElement.dataset['theme'] = dark ? 'dark' : 'light';
}

export function setTheme(theme: Theme): void {
  try {
    if (theme === 'system') localStorage.removeItem('telaio.theme');
    else localStorage.setItem('telaio.theme', theme);
  } catch {
    // lasts for this page only
  }
  useTheme.setState({ theme });
  paint(theme);
}

/** Follows the system while no theme is chosen. */
export function watchSystemTheme(): void {
  darkQuery().addEventListener('change', () => paint(useTheme.getState().theme));
}
