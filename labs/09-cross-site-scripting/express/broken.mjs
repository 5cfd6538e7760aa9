// A shop's help desk.

import express from 'express';

import { form, page, tickets } from './desk.mjs';

const app = express();

// A ticket's page, for the help desk.
function render({ name, label, site, text }) {
  // For the scripts of the page.
  const data = JSON.stringify({ name, label });
  return page(`<p>From <b id="name" title="${name}">${name}</b>
<p id="label" data-label=${label}>${label}
<p><a id="site" href="${site}">${site}</a>
<div id="text">${text}</div>
<script id="data" type="application/json">${data}</script>`);
}

app.get('/', (request, response) => {
  response.send(page(form));
});

app.post('/tickets', express.urlencoded(), (request, response) => {
  const number = tickets.push(request.body);
  response.redirect(303, `/tickets/${number}`);
});

app.get('/tickets/:number', (request, response) => {
  const ticket = tickets[request.params.number - 1];
  if (!ticket) {
    response.status(404).type('text/plain').send('no such ticket');
    return;
  }
  response.send(render(ticket));
});

// The index is not built yet, so nothing is ever found.
app.get('/search', (request, response) => {
  response.send(`${request.query.q}: no ticket has this`);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
