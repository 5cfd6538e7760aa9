// A shop's service, with metrics and a log.

import express from 'express';
import { Histogram, register } from 'prom-client';

import render from './report.mjs';
import { ask, page } from './shop.mjs';

const seconds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const duration = new Histogram({
  name: 'http_request_duration_seconds',
  help: 'From the first middleware to the end of the answer',
  labelNames: ['route'],
  buckets: seconds,
});

let requestId = 'none';
const log = (...words) => console.log(`request=${requestId}`, ...words);

const app = express();

// Measures every request, and gives its id to its lines of the log.
app.use((request, response, next) => {
  requestId = request.get('x-request-id') ?? 'none';
  const end = duration.startTimer();
  response.on('finish', () => end({ route: request.route?.path ?? '' }));
  next();
});

// Prometheus asks this every fifteen seconds.
app.get('/metrics', async (request, response) => {
  response.type(register.contentType).send(await register.metrics());
});

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// An item's page.
app.get('/items/:item', (request, response) => {
  const html = page(request.params.item);
  if (html === undefined) return response.sendStatus(404);
  response.type('html').send(html);
});

// How many of an item the supplier has.
app.get('/stock/:item', async (request, response) => {
  const { item } = request.params;
  const stock = await ask(item);
  log(`item=${item}`, 'the supplier has answered', stock);
  response.type('text/plain').send(`${stock.pieces} in ${stock.depot}`);
});

// The yearly report that customers open from their account page.
app.get('/report/:customer', (request, response) => {
  response.type('html').send(render(Number(request.params.customer)));
});

const server = app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
// Longer than the proxy in front keeps a connection idle.
server.keepAliveTimeout = 75_000;
