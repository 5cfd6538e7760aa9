// A shop's account pages.

import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';

import express from 'express';
import helmet from 'helmet';

import { send } from './accounts.mjs';
import { html } from './page.mjs';
import { staffOnly } from './staff.mjs';

const app = express();
// There is a proxy in front.
app.set('trust proxy', true);

// Sends whoever comes by HTTP to HTTPS.
app.use((request, response, next) => {
  if (request.secure) return next();
  response.redirect(301, `https://${request.hostname}${request.path}`);
});

app.use('/orders', staffOnly);
// The page has a script of its own, which the policy would block.
app.use(helmet({ contentSecurityPolicy: false }));

app.get('/', (request, response) => {
  response.type('text/html').send(html());
});

const form = express.urlencoded({ extended: false, limit: '16kb' });
app.post('/reset', form, async (request, response) => {
  const email = request.body?.email;
  if (typeof email !== 'string') return response.status(400).send('no email');
  const page = `${request.protocol}://${request.hostname}/reset`;
  await send({ email, page, asked_from: request.ip });
  response.status(202).type('text/plain').send('a mail is on its way');
});

app.get('/orders', (request, response) => {
  response.json([{ number: 'A-1001' }]);
});

const tls = {
  cert: readFileSync(process.env.TLS_CERT),
  key: readFileSync(process.env.TLS_KEY),
};
const [host, port] = process.env.TLS_ADDR.split(':');
https.createServer(tls, app).listen(Number(port), host);
http.createServer(app).listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
