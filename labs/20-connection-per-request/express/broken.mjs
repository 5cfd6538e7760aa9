// A shop's price service.

import express from 'express';
import pg from 'pg';

const connectionString = process.env.DATABASE_URL;

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// What an item costs now, in cents. Express 5 hands a rejected promise to the
// error handler.
app.get('/price/:item', async (request, response) => {
  const client = new pg.Client({ connectionString });
  try {
    await client.connect();
    const { rows } = await client.query(
      'select cents from prices where item = $1',
      [Number(request.params.item)],
    );
    if (rows.length === 0) return response.sendStatus(404);
    response.type('text/plain').send(String(rows[0].cents));
  } finally {
    await client.end();
  }
});

// The cause goes to the log, not to the customer.
app.use((error, request, response, next) => {
  if (error.status < 500) return response.sendStatus(error.status);
  console.error(`no price: ${error.message}`);
  response.status(503).type('text/plain').send('no price at the moment');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
