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

// Read downwards: a request meets the first layer first.
app.use(morgan('tiny')); // 1 sees every request
app.use(helmet()); // 2 on every answer
app.use(cors({ // 3 answers preflights
  origin: 'https://shop.example',
  methods: 'GET',
  allowedHeaders: 'authorization',
  exposedHeaders: 'retry-after',
  maxAge: 600,
}));

// The load balancer asks this once a second. Unlike in actix-web, it is not
// limited because it stands before the limiter.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.use(rateLimit({ windowMs: 60 * 60 * 1000, limit: 10 })); // 4 how often
app.use(auth); // 5 who asks

// The customer's orders, for the account page.
app.get('/api/orders', (request, response) => {
  response.json(orders(request.customer));
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
