// What every customer has, and who may log in: src/bank.rs and src/login.rs in
// JavaScript. It stands for tables of the database.

const accounts = new Map(['alice', 'bob', 'carol', 'eve'].map((name) => [name, 100]));
const passwords = new Map([
  ['alice', 'apple'],
  ['bob', 'berry'],
  ['carol', 'cherry'],
  ['eve', 'elder'],
]);

export const balance = (name) => accounts.get(name) ?? 0;

export const isRight = ({ user, password } = {}) =>
  password !== undefined && passwords.get(user) === password;

// Moves money, all of it or none; says why when it does not.
export function transfer(from, { to, amount } = {}) {
  const sum = /^\d{1,9}$/.test(amount) ? Number(amount) : NaN;
  if (Number.isNaN(sum)) return 'no amount';
  if (!accounts.has(to)) return 'no such account';
  if (accounts.get(from) < sum) return 'not enough money';
  accounts.set(from, accounts.get(from) - sum);
  accounts.set(to, accounts.get(to) + sum);
  return null;
}

export const page = (body) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Bank</title>
<h1>Bank</h1>
${body}
</html>
`;

export const login = `<form method="post" action="/login">
<p><label>Name <input name="user"></label>
<p><label>Password <input name="password" type="password"></label>
<p><button>Log in</button>
</form>`;
