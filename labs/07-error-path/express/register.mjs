// What both versions share: the register's file, and who may use it.

import { createHash } from 'node:crypto';

import Database from 'better-sqlite3';

// Waits so long for another writer; while it waits, nothing else is answered.
const database = new Database(process.env.DATABASE_URL, {
  timeout: Number(process.env.TIMEOUT_MS ?? 5000),
});
database.pragma('journal_mode = wal');
database.exec(`create table if not exists customers (
  number integer primary key not null, email text not null unique
);
create table if not exists orders (
  number integer primary key not null, customer integer not null, cents integer not null
)`);

export const insert = database.prepare('insert into customers values (@number, @email)');
export const find = database.prepare('select number, email from customers where number = ?');
export const purchases = database.prepare(
  'select number, customer, cents from orders where customer = ?',
);

// The SHA-256 of the tills' token.
const TILLS = 'bc0b9139feab9d1a046a09ee3e043da7eaafbe2240fecaa97acd57c70bc98822';

export function mayEnter(authorization = '') {
  const token = authorization.replace(/^Bearer /, '');
  return createHash('sha256').update(token).digest('hex') === TILLS;
}
