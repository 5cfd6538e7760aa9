// The login of a shop.

import express from 'express';
import { rateLimit } from 'express-rate-limit';

import { isRight, page } from './login.mjs';

const app = express();
// Behind the load balancer, the real address is in a header.
app.set('trust proxy', true);

// The login form.
app.get('/', (request, response) => {
  response.type('html').send(page);
});

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

const limit = rateLimit({
  windowMs: 60 * 60 * 1000,
  limit: 10,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  message: 'too many attempts, try again later',
});

// The login form is sent here.
app.post(
  '/login',
  limit,
  express.urlencoded({ limit: '1kb' }),
  (request, response) => {
    response.type('text/plain');
    if (!isRight(request.body)) {
      response.status(401).send('wrong name or password');
      return;
    }
    response.send(`welcome, ${request.body.user}`);
  },
);

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
