// A shop's order service.

import Database from 'better-sqlite3';
import express from 'express';

import { send } from './mailer.mjs';
import { cents } from './tariff.mjs';

const database = new Database(process.env.DATABASE_URL);
database.pragma('journal_mode = wal');
database.pragma('synchronous = normal');
database.exec(`create table if not exists orders (
  number text primary key, email text, country text, grams integer, freight integer
)`);
const store = database.prepare(
  'replace into orders values (@number, @email, @country, @grams, @freight)',
);

// The board asks for these all day, so they are kept at hand.
const totals = database
  .prepare('select count(*) as orders, total(freight) as freight from orders')
  .get();

async function place(order) {
  totals.orders += 1;
  const freight = cents(order.country, order.grams);
  totals.freight += freight;
  store.run({ ...order, freight });
  // The customer need not wait for the mail.
  send({ number: order.number, email: order.email });
  return freight;
}

const app = express();
app.use(express.json());

app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.put('/orders/:number', (request, response) => {
  const order = { ...request.body, number: request.params.number };
  place(order).then((freight) => {
    response.status(201).json({ freight });
  });
});

app.get('/totals', (request, response) => {
  response.json(totals);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
