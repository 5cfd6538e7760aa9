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

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// The page with the search form.
app.get('/', (request, response) => {
  response.type('html').send(page);
});

// The items that are for sale.
app.get('/items', async (request, response) => {
  const { name = '', below = '', sort = 'name' } = request.query;
  const { rows } = await pool.query(
    `select name, cents, grams from items where listed and name ilike '%${name}%'` +
      (below === '' ? '' : ` and cents < ${below}`) +
      ` order by ${sort}, id`,
  );
  response.json(rows);
});

// Keeps a wish, once for each customer.
app.post('/wishes', express.urlencoded(), async (request, response) => {
  const { email, wish } = request.body ?? {};
  await pool.query(
    `delete from wishes where email = '${email}' and wish = '${wish}'; ` +
      `insert into wishes (email, wish) values ('${email}', '${wish}')`,
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
  console.error(`a statement failed: ${error.message}`);
  response.status(500).type('text/plain').send('something went wrong');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
