// Who may log in: src/login.rs in JavaScript. It stands for the table of
// customers, which holds hashes of passwords.

const customers = new Map([
  ['alice', 'apple'],
  ['bob', 'berry'],
  ['carol', 'cherry'],
  ['dave', 'date'],
]);

// Whether there is such a customer, with that password.
export default function isRight({ user, password } = {}) {
  return password !== undefined && customers.get(user) === password;
}
