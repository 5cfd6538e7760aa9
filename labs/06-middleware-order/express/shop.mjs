// The shop of src/shop.rs in JavaScript: who has which token, and who has
// ordered what. Same customers, same orders.

import { createHash } from 'node:crypto';

const digest = token => createHash('sha256').update(token).digest('hex');

// By the digest of the token: who reads the memory finds no token that works.
const customers = new Map([
  [digest('maple-4711'), 1],
  [digest('birch-0815'), 2],
]);

const all = [
  { customer: 1, number: 1001, what: 'teapot', cents: 2490 },
  { customer: 2, number: 1002, what: 'kettle', cents: 3990 },
  { customer: 1, number: 1003, what: 'two cups', cents: 1380 },
];

// Whose token this is, or nobody's.
export function customer(token) {
  return customers.get(digest(token));
}

// What a customer has ordered.
export function orders(whose) {
  const own = all.filter(order => order.customer === whose);
  return own.map(({ number, what, cents }) => ({ number, what, cents }));
}
