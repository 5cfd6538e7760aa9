// A shop's reporting service.

import express from 'express';

import render from './report.mjs';

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// The yearly report that customers open from their account page.
app.get('/report/:customer', (request, response) => {
  const html = render(Number(request.params.customer));
  response.type('html').send(html);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
