// A shop's reporting service.

import { availableParallelism } from 'node:os';

import express from 'express';
import { Piscina } from 'piscina';

// One thread per core: more would only take turns on the same cores.
const cpu = new Piscina({
  filename: new URL('./report.mjs', import.meta.url).href,
  maxThreads: availableParallelism(),
});

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// The yearly report that customers open from their account page. Express 5
// hands a rejected promise to the error handler.
app.get('/report/:customer', async (request, response) => {
  const html = await cpu.run(Number(request.params.customer));
  response.type('html').send(html);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
