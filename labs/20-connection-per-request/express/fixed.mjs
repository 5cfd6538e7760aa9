// A shop's price service.

import express from 'express';
import pg from 'pg';

const pool = new pg.Pool({
  connectionString: process.env.DATABASE_URL,
  // Connections per process: processes x max <= limit - reserve.
  max: 2,
  // The wait for a turn, and for the connection itself. The default is for ever.
  connectionTimeoutMillis: Number(process.env.TIMEOUT_MS ?? 5000),
});

// A connection that breaks while nobody uses it. Unheard, this event ends the
// process.
pool.on('error', (error) => console.error(`a connection broke: ${error.message}`));

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// What an item costs now, in cents. Express 5 hands a rejected promise to the
// error handler.
app.get('/price/:item', async (request, response) => {
  const item = Number(request.params.item);
  // A query that fails costs its connection, so this one is not sent.
  if (!Number.isInteger(item) || Math.abs(item) > 2147483647) {
    return response.sendStatus(404);
  }
  const { rows } = await pool.query(
    'select cents from prices where item = $1',
    [item],
  );
  if (rows.length === 0) return response.sendStatus(404);
  response.type('text/plain').send(String(rows[0].cents));
});

// The cause goes to the log, not to the customer.
app.use((error, request, response, next) => {
  if (error.status < 500) return response.sendStatus(error.status);
  console.error(`no price: ${error.message}`);
  response.status(503).type('text/plain').send('no price at the moment');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
