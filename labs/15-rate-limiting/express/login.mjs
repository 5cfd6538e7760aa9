// Who may log in: src/login.rs in JavaScript. It stands for the table of
// customers, which holds hashes of passwords.

import { readFile } from 'node:fs/promises';

const customers = new Map([
  ['alice', 'apple'],
  ['bob', 'berry'],
  ['carol', 'cherry'],
  ['dave', 'date'],
  ['erin', 'elderberry'],
  ['frank', 'fig'],
  ['grace', 'grape'],
  ['heidi', 'huckleberry'],
  ['mallory', 'melon'],
]);

// The page with the login form.
export const page = await readFile(
  new URL('../src/login.html', import.meta.url),
  'utf8',
);

// Whether there is such a customer, with that password.
export function isRight({ user, password } = {}) {
  return password !== undefined && customers.get(user) === password;
}
