// A shop's order service.

import express from 'express';
import pg from 'pg';

// Connects once, and for good.
const client = new pg.Client({ connectionString: process.env.DATABASE_URL });
client.on('error', (error) => console.error(`the connection: ${error.message}`));
await client.connect();

const app = express();
app.use(express.json());

// The orchestrator kills an instance that does not answer.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// What a customer has ordered. Express 5 hands a rejected promise to the error
// handler.
app.get('/orders/:customer', async (request, response) => {
  const { rows } = await client.query(
    'select item from orders where customer = $1 order by id',
    [request.params.customer],
  );
  response.json(rows.map((row) => row.item));
});

// Takes an order.
app.post('/orders', async (request, response) => {
  const { customer, item } = request.body ?? {};
  if (typeof customer !== 'string' || !Number.isInteger(item)) {
    return response.sendStatus(400);
  }
  const { rows } = await client.query(
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
