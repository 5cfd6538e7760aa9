// A shop's order service.

import express from 'express';
import pg from 'pg';

const limit = Number(process.env.TIMEOUT_MS ?? 5000);

// Connections per process: see lab 20 for how many there may be.
const max = 4;

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  max,
  // The wait for a turn, and for the connection itself.
  connectionTimeoutMillis: limit,
  // The database gives up first, and can say so. The other is for a network
  // that says nothing.
  statement_timeout: limit,
  query_timeout: limit * 2,
});

// A connection that breaks while nobody uses it. Unheard, this event ends the
// process.
pool.on('error', (error) => console.error(`a connection broke: ${error.message}`));

// A connection that works: one that was used before is asked first, and a
// request may meet `max` of them that are silent.
async function connect() {
  for (;;) {
    const client = await pool.connect();
    if (!client.used) {
      client.used = true;
      // A connection that breaks in use: its query is told, too.
      client.on('error', () => {});
      return client;
    }
    try {
      await client.query({ text: 'select 1', query_timeout: limit / max });
      return client;
    } catch {
      client.release(true);
    }
  }
}

// One statement on a connection that works. One that fails is not used again.
async function query(text, values) {
  const client = await connect();
  try {
    const { rows } = await client.query(text, values);
    client.release();
    return rows;
  } catch (error) {
    client.release(true);
    error.asked = true;
    throw error;
  }
}

const app = express();
app.use(express.json());

// The orchestrator kills an instance that does not answer.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// What a customer has ordered. Perhaps the connection breaks under the
// question: to ask again, once, changes nothing.
app.get('/orders/:customer', async (request, response) => {
  const text = 'select item from orders where customer = $1 order by id';
  const values = [request.params.customer];
  const rows = await query(text, values).catch((error) => {
    if (!error.asked || error.message === 'Query read timeout') throw error;
    return query(text, values);
  });
  response.json(rows.map((row) => row.item));
});

// Takes an order. One whose connection breaks may be in the database or not: it
// is not sent again, and the customer can look at the list.
app.post('/orders', async (request, response) => {
  const { customer, item } = request.body ?? {};
  if (typeof customer !== 'string' || !Number.isInteger(item)) {
    return response.sendStatus(400);
  }
  const rows = await query(
    'insert into orders (customer, item) values ($1, $2) returning id',
    [customer, item],
  );
  response.status(201).json(Number(rows[0].id));
});

// The cause goes to the log, not to the customer.
app.use((error, request, response, next) => {
  if (error.status < 500) return response.sendStatus(error.status);
  console.error(`no orders: ${error.message}`);
  response.status(503).type('text/plain').send('no orders at the moment');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
