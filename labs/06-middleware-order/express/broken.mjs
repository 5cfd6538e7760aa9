// A shop's order API, called by the shop's page in the browser.

import cors from 'cors';
import express from 'express';
import { rateLimit } from 'express-rate-limit';
import helmet from 'helmet';
import morgan from 'morgan';

import { customer, orders } from './shop.mjs';

const app = express();

// Refuses whoever has no token, and says whose token it is.
function auth(request, response, next) {
  const [, token] = /^Bearer (.+)$/.exec(request.get('authorization') ?? '') ?? [];
  request.customer = token && customer(token);
  if (!request.customer) {
    response.set('www-authenticate', 'Bearer');
    return response.status(401).type('text/plain').send('no valid token');
  }
  next();
}

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// Safety first: from here on, nothing without a token.
app.use(auth);

// The customer's orders, for the account page.
app.get('/api/orders', (request, response) => {
  response.json(orders(request.customer));
});

app.use(morgan('tiny'));
app.use(helmet());
app.use(cors({
  origin: 'https://shop.example',
  methods: 'GET',
  allowedHeaders: 'authorization',
  exposedHeaders: 'retry-after',
  maxAge: 600,
}));
app.use(rateLimit({ windowMs: 60 * 60 * 1000, limit: 10 }));

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
