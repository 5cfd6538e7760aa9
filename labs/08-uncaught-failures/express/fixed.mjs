// A shop's order service.

import { setTimeout } from 'node:timers/promises';

import Database from 'better-sqlite3';
import express from 'express';

import { send } from './mailer.mjs';
import { cents } from './tariff.mjs';

// Production waits longer after every failure.
const PAUSE_MS = 50;

const database = new Database(process.env.DATABASE_URL);
database.pragma('journal_mode = wal');
database.pragma('synchronous = normal');
database.exec(`create table if not exists orders (
  number text primary key, email text, country text, grams integer, freight integer
);
create table if not exists outbox (number text primary key, email text)`);
const store = database.prepare(
  'replace into orders values (@number, @email, @country, @grams, @freight)',
);
const totals = database.prepare(
  'select count(*) as orders, total(freight) as freight from orders',
);
const post = database.prepare('replace into outbox values (@number, @email)');
const due = database.prepare('select number, email from outbox');
const sent = database.prepare('delete from outbox where number = ?');

// Both or neither: no order without its mail.
const place = database.transaction((order) => {
  store.run(order);
  post.run({ number: order.number, email: order.email });
});

const app = express();
app.use(express.json());

app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.put('/orders/:number', (request, response) => {
  const { email, country, grams } = request.body;
  const freight = cents(country, grams);
  place({ number: request.params.number, email, country, grams, freight });
  response.status(201).json({ freight });
});

app.get('/totals', (request, response) => {
  response.json(totals.get());
});

// Express 5 brings here what a handler throws or its promise rejects with.
app.use((error, request, response, next) => {
  console.error(`${request.method} ${request.path} failed:`, error);
  response.status(error.status ?? 500).json({ error: 'this should not happen' });
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');

// Sends what is in the outbox. Should this loop fail, nobody catches it: Node
// ends the process, and the supervisor starts it anew.
for (;;) {
  for (const mail of due.all()) {
    try {
      await send(mail);
      sent.run(mail.number);
    } catch (error) {
      console.error(`${mail.number} is not sent:`, error.message);
    }
  }
  await setTimeout(PAUSE_MS);
}
