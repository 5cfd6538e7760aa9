// A shop's account pages.

import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import express from 'express';
import helmet from 'helmet';

import { send } from './accounts.mjs';
import { html } from './page.mjs';
import { staffOnly } from './staff.mjs';

const URL_OF_SHOP = process.env.PUBLIC_URL;

const app = express();
// Headers of these proxies count, nobody else's do.
app.set('trust proxy', process.env.TRUSTED_PROXIES.split(','));

// Sends whoever comes by HTTP to HTTPS, before any other header is set.
app.use((request, response, next) => {
  if (request.secure) return next();
  // A target may be a whole address; `//a` is a path all the same.
  const path = request.originalUrl.replace(/^(https?:\/\/[^/?]*)?\/?/i, '/');
  response.redirect(308, URL_OF_SHOP + path);
});

app.use((request, response, next) => {
  response.locals.nonce = randomBytes(16).toString('base64');
  next();
});
const nonce = (request, response) => `'nonce-${response.locals.nonce}'`;
app.use(helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: [nonce],
      styleSrc: [nonce],
      formAction: ["'self'"],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
}));

app.use('/orders', staffOnly);

app.get('/', (request, response) => {
  response.type('text/html').send(html(response.locals.nonce));
});

const form = express.urlencoded({ extended: false, limit: '16kb' });
app.post('/reset', form, async (request, response) => {
  const email = request.body?.email;
  if (typeof email !== 'string') return response.status(400).send('no email');
  const page = `${URL_OF_SHOP}/reset`;
  await send({ email, page, asked_from: request.ip });
  response.status(202).type('text/plain').send('a mail is on its way');
});

app.get('/orders', (request, response) => {
  response.json([{ number: 'A-1001' }]);
});

// Express's own last handlers would put another policy in place of ours.
app.use((request, response) => {
  response.status(404).type('text/plain').send('not here');
});
app.use((error, request, response, next) => {
  const status = error.status ?? 500;
  if (status >= 500) console.error(`${request.path} failed:`, error.message);
  response.status(status).type('text/plain').send('that did not work');
});

const tls = {
  cert: readFileSync(process.env.TLS_CERT),
  key: readFileSync(process.env.TLS_KEY),
};
const [host, port] = process.env.TLS_ADDR.split(':');
https.createServer(tls, app).listen(Number(port), host);
http.createServer(app).listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
