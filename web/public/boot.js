// Runs before the first paint: the chosen theme and language, without a flash.
(() => {
  let theme = 'system';
  let language = '';
  try {
    theme = localStorage.getItem('telaio.theme') || 'system';
    language = localStorage.getItem('telaio.language') || '';
  } catch {
    // storage can be off; the defaults hold
  }
  const dark =
    theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.dataset.theme = dark ? 'dark' : 'light';
  if (language) document.documentElement.lang = language;
})();
