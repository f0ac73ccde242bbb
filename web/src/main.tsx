import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/app';
import { watchSystemTheme } from './shared/lib/theme';
import './styles/index.css';

const root = document.getElementById('root');
if (!root) throw new Error('index.html lacks #root');
watchSystemTheme();
createRoot(root).render(
  <StrictMode>
    <App />
  </StrictMode>,
);
