// A shop with a page for its staff.

import express from 'express';
import session from 'express-session';

import { store } from './sessions.mjs';
import { account, pages, refuse, unlocked } from './shop.mjs';

// The same in every instance and after a restart. Without it nothing is
// served: express-session itself takes any text.
const secret = process.env.SESSION_KEY ?? '';
if (!/^[0-9a-f]{128}$/i.test(secret)) {
  console.error('SESSION_KEY is not 64 bytes in hexadecimal digits');
  process.exit(1);
}

const app = express();
// TLS ends at the load balancer. A secure cookie is set only where that says
// so, in X-Forwarded-Proto.
app.set('trust proxy', 'loopback');

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.use(
  session({
    name: '__Host-sid',
    store,
    secret,
    resave: false,
    saveUninitialized: false,
    // HttpOnly and Path=/ are the default.
    cookie: { secure: true, sameSite: 'lax' },
  }),
);
app.use(pages());

// A new id, and the old one ends. `regenerate` leaves the new session empty,
// so what it held is carried over by hand.
function renew(request, account, done) {
  const { basket } = request.session;
  request.session.regenerate((error) => {
    if (error) return done(error);
    Object.assign(request.session, { account, basket });
    // Saved before the answer, so that a failure is one.
    request.session.save(done);
  });
}

// The login form is sent here.
app.post('/login', express.urlencoded(), (request, response, next) => {
  const user = account(request.body);
  if (!user) return refuse(response, 401, 'wrong name or password');
  renew(request, user, (error) => {
    if (error) return next(error);
    response.redirect(303, '/');
  });
});

// The staff type a PIN before they see everybody's orders.
app.post('/unlock', express.urlencoded(), (request, response, next) => {
  const user = request.session.account;
  if (!user) return refuse(response, 401, 'not logged in');
  const staff = unlocked(user, request.body);
  if (!staff) return refuse(response, 403, 'wrong PIN');
  renew(request, staff, (error) => {
    if (error) return next(error);
    response.redirect(303, '/');
  });
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
