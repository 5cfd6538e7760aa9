// The accounts of a shop.

import { RedisStore } from 'connect-redis';
import express from 'express';
import session from 'express-session';
import { createClient } from 'redis';

import isRight from './login.mjs';

// How long Redis may take. A command that was sent has no limit of its own:
// the socket has one, and pings keep an idle socket alive.
const most = Number(process.env.TIMEOUT_MS ?? 5000);
const client = createClient({
  url: process.env.REDIS_URL,
  commandOptions: { timeout: most },
  pingInterval: most / 2,
  socket: {
    connectTimeout: most,
    socketTimeout: most,
    reconnectStrategy: (retries) => Math.min(retries * 50, 1000),
  },
});
client.on('error', (error) => console.error(`redis: ${error.message}`));
await client.connect();

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

app.use(
  session({
    // It gives every session a day, and each visit renews it.
    store: new RedisStore({ client }),
    secret: process.env.SESSION_KEY,
    resave: false,
    saveUninitialized: false,
    cookie: { sameSite: 'lax', secure: 'auto' },
  }),
);

// The login form is sent here. A new id, so that whoever planted the old one
// gains nothing.
app.post('/login', express.urlencoded(), (request, response, next) => {
  if (!isRight(request.body)) {
    response.status(401).type('text/plain').send('wrong name or password');
    return;
  }
  request.session.regenerate((error) => {
    if (error) return next(error);
    request.session.user = request.body.user;
    // Saved before the answer, so that a failure is one.
    request.session.save((error) => {
      if (error) return next(error);
      response.status(204).end();
    });
  });
});

// Every page asks who is there, for the greeting in its corner.
app.get('/me', (request, response) => {
  const { user } = request.session;
  response
    .status(user ? 200 : 401)
    .type('text/plain')
    .send(user ?? 'not logged in');
});

// The end of the session.
app.post('/logout', (request, response, next) => {
  request.session.destroy((error) => {
    if (error) return next(error);
    response.clearCookie('connect.sid').status(204).end();
  });
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
