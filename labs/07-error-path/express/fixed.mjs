// A shop's register of customers, used by its tills.

import { randomUUID } from 'node:crypto';
import { STATUS_CODES } from 'node:http';

import express from 'express';
import helmet from 'helmet';

import { find, insert, mayEnter, purchases } from './register.mjs';

// What goes wrong here, in the client's words.
class Problem extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
    this.detail = detail;
  }
}

// The same for what others throw.
function problem(error) {
  if (error instanceof Problem) return error;
  switch (error.code) {
    case 'SQLITE_CONSTRAINT_UNIQUE':
    case 'SQLITE_CONSTRAINT_PRIMARYKEY':
      return new Problem(409, 'this number or this address is taken');
    case 'SQLITE_BUSY':
      return new Problem(503, 'too many requests at once, try again later');
  }
  // A 4xx of a parser; its message quotes the parser.
  return new Problem(error.expose ? error.status : 500);
}

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
  throw new Problem(401, 'no valid token');
});
app.use(express.json());

// Express 5 hands a rejected promise to the error handler.
app.post('/customers', async (request, response) => {
  const { number, email } = request.body ?? {};
  if (!Number.isInteger(number) || typeof email !== 'string') {
    throw new Problem(400, 'a customer has a number and an email');
  }
  if (!email.includes('@')) throw new Problem(422, 'an address has an @ in it');
  insert.run({ number, email });
  response.status(201).json({ number, email });
});

app.get('/customers/:number', async (request, response) => {
  const customer = find.get(Number(request.params.number));
  if (!customer) throw new Problem(404, 'there is no such customer');
  response.json(customer);
});

app.get('/customers/:number/orders', async (request, response) => {
  response.json(purchases.all(Number(request.params.number)));
});

// A path that nothing answers is an error like any other.
app.use(() => {
  throw new Problem(404, 'there is no such page');
});

// One form for every error. With fewer than four arguments, Express takes it
// for an ordinary middleware.
app.use((error, request, response, next) => {
  const { status, detail } = problem(error);
  if (status >= 500) console.error(request.id, error);
  if (response.headersSent) return next(error);
  response.status(status).type('application/problem+json');
  response.send(
    JSON.stringify({
      status,
      title: STATUS_CODES[status],
      detail,
      request_id: request.id,
    }),
  );
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
