// A shop with a page for its staff.

import { randomBytes } from 'node:crypto';

import express from 'express';
import session from 'express-session';

import { store } from './sessions.mjs';
import { account, pages, refuse, unlocked } from './shop.mjs';

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.use(
  session({
    store,
    // A new one for each start: nobody has to keep a secret.
    secret: randomBytes(64),
    resave: false,
    saveUninitialized: false,
  }),
);
app.use(pages());

// The login form is sent here.
app.post('/login', express.urlencoded(), (request, response) => {
  const user = account(request.body);
  if (!user) return refuse(response, 401, 'wrong name or password');
  request.session.account = user;
  response.redirect(303, '/');
});

// The staff type a PIN before they see everybody's orders.
app.post('/unlock', express.urlencoded(), (request, response) => {
  const user = request.session.account;
  if (!user) return refuse(response, 401, 'not logged in');
  const staff = unlocked(user, request.body);
  if (!staff) return refuse(response, 403, 'wrong PIN');
  request.session.account = staff;
  response.redirect(303, '/');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
