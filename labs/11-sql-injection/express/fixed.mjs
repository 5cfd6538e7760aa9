// A shop's catalogue.

import { readFile } from 'node:fs/promises';

import express from 'express';
import pg from 'pg';

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  connectionTimeoutMillis: Number(process.env.TIMEOUT_MS ?? 5000),
});
pool.on('error', (error) => console.error(`a connection broke: ${error.message}`));

const page = await readFile(new URL('../src/page.html', import.meta.url));

// The orders that are offered, and what each is in SQL. A Map has no
// inherited keys.
const orders = new Map([
  ['name', 'name'],
  ['cents', 'cents'],
  ['grams', 'grams'],
]);

class BadRequest extends Error {}

// Text that PostgreSQL can hold. A field that is sent twice is an array.
function text(field) {
  if (typeof field !== 'string' || field.includes('\0')) {
    throw new BadRequest('that is no text');
  }
  return field;
}

// A number, or null where the field is empty.
function integer(field) {
  if (field === '') return null;
  if (!/^-?\d{1,9}$/.test(field)) throw new BadRequest('that is no number');
  return Number(field);
}

// A pattern for what contains this text. No character of it means anything
// but itself.
const contained = (text) => `%${text.replace(/[\\%_]/g, '\\$&')}%`;

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// The page with the search form.
app.get('/', (request, response) => {
  response.type('html').send(page);
});

// The items that are for sale. The order is one of ours, and all that is a
// customer's is a value.
app.get('/items', async (request, response) => {
  const { name = '', below = '', sort = 'name' } = request.query;
  const order = orders.get(sort);
  if (order === undefined) throw new BadRequest('that order is not offered');
  const { rows } = await pool.query(
    `select name, cents, grams from items
     where listed and name ilike $1 and ($2::integer is null or cents < $2)
     order by ${order}, id`,
    [contained(text(name)), integer(text(below))],
  );
  response.json(rows);
});

// Keeps a wish, once for each customer.
app.post('/wishes', express.urlencoded(), async (request, response) => {
  const { email, wish } = request.body ?? {};
  await pool.query(
    'insert into wishes (email, wish) values ($1, $2) on conflict do nothing',
    [text(email), text(wish)],
  );
  response.sendStatus(201);
});

// What customers wish for, but not who.
app.get('/wishes', async (request, response) => {
  const { rows } = await pool.query('select wish from wishes order by wish');
  response.json(rows.map(({ wish }) => wish));
});

// The cause goes to the log, not to the customer.
app.use((error, request, response, next) => {
  if (error instanceof BadRequest) {
    return response.status(400).type('text/plain').send(error.message);
  }
  console.error(`a statement failed: ${error.message}`);
  response.status(500).type('text/plain').send('something went wrong');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
