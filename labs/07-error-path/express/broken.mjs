// A shop's register of customers, used by its tills.

import { randomUUID } from 'node:crypto';

import express from 'express';
import helmet from 'helmet';

import { find, insert, mayEnter, purchases } from './register.mjs';

const app = express();

// One line for each request, with the id that its answer carries.
app.use((request, response, next) => {
  request.id = randomUUID();
  response.set('X-Request-Id', request.id);
  response.on('finish', () => {
    console.log(request.id, request.method, request.path, response.statusCode);
  });
  next();
});
app.use(helmet());

app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.use((request, response, next) => {
  if (mayEnter(request.get('Authorization'))) return next();
  response.set('WWW-Authenticate', 'Bearer');
  response.status(401).type('text/plain').send('no valid token');
});
app.use(express.json());

app.post('/customers', async (request, response) => {
  const { number, email } = request.body;
  if (!email.includes('@')) throw new Error('an address has an @ in it');
  insert.run({ number, email });
  response.status(201).json({ number, email });
});

app.get('/customers/:number', async (request, response) => {
  const customer = find.get(Number(request.params.number));
  if (!customer) throw new Error(`no customer ${request.params.number}`);
  response.json(customer);
});

app.get('/customers/:number/orders', async (request, response) => {
  response.json(purchases.all(Number(request.params.number)));
});

// One form for every error.
app.use((error, request, response) => {
  const status = error.status ?? 500;
  response.status(status).type('application/problem+json');
  response.send(JSON.stringify({ status, request_id: request.id }));
  if (status >= 500) console.error(request.id, error);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
