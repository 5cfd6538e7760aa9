// A shop's help desk.

import ejs from 'ejs';
import express from 'express';
import helmet from 'helmet';
import sanitize from 'sanitize-html';

import { form, page, tickets } from './desk.mjs';

const app = express();
// Among others: X-Content-Type-Options: nosniff, and a policy for scripts.
app.use(helmet());

// EJS escapes what stands in <%= %>, and nothing in <%- %>.
const template = ejs.compile(`<p>From <b id="name" title="<%= name %>"><%= name %></b>
<p id="label" data-label="<%= label %>"><%= label %>
<% if (isWeb(site)) { %>
<p><a id="site" href="<%= site %>"><%= site %></a>
<% } else { %>
<p><%= site %>
<% } %>
<div id="text"><%- sanitize(text) %></div>
<script id="data" type="application/json"><%- data %></script>`);

// An address that a link may have: of the web, or a path of ours.
function isWeb(typed) {
  const base = 'http://desk.invalid';
  if (!URL.canParse(typed, base)) return false;
  return ['http:', 'https:'].includes(new URL(typed, base).protocol);
}

// A ticket's page, for the help desk.
function render({ name, label, site, text }) {
  // For the scripts of the page. Nothing in it ends its element.
  const data = JSON.stringify({ name, label }).replaceAll('<', '\\u003c');
  return page(template({ name, label, site, text, data, isWeb, sanitize }));
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
  response.type('text/plain').send(`${request.query.q}: no ticket has this`);
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
