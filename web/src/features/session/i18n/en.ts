export const en = {
  signIn: 'Sign in',
  signInTitle: 'Welcome back',
  signInText: 'Sign in to your workspace.',
  email: 'Email',
  password: 'Password',
  passwordAgain: 'Repeat the password',
  passwordHint: 'At least 8 characters. A few random words are fine.',
  passwordMismatch: 'The two passwords differ.',
  setupTitle: 'Set up Telaio',
  setupText: 'Make the owner account. It can do everything, so choose a good password.',
  setupDoneTitle: 'Nothing to set up here',
  setupDoneText: 'This link was used or has expired, and the installation has its owner already.',
  setupBadTitle: 'This link does not work',
  setupBadText:
    'It is mistyped, was used, or is older than a day. The server prints a new one each time it starts without an owner.',
  sample: 'Add a sample workspace',
  sampleHint: 'A small made-up shop with related tables and 5,000 rows to play with.',
  create: 'Create the account',
};
export type SessionMessages = typeof en;
