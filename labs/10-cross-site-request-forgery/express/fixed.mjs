// A bank.

import session from 'cookie-session';
import { csrfSync } from 'csrf-sync';
import express from 'express';

import { balance, isRight, login, page, transfer } from './bank.mjs';

const app = express();

// Whether a page of this very origin sent the request. Scripts cannot write
// these headers. Another port of this host is same-site, and no page of ours.
function isOwn({ headers }) {
  const site = headers['sec-fetch-site'];
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // Browsers without that header, and plain HTTP. Without Origin it is no
  // browser, so there are no cookies of an unsuspecting user.
  if (headers.origin === undefined) return true;
  return headers.origin.split('://')[1] === headers.host;
}

// Lets other pages look, and not act. It stands before the session, so that a
// refusal cannot change one.
app.use((request, response, next) => {
  if (['GET', 'HEAD'].includes(request.method) || isOwn(request)) return next();
  response.status(403).type('text/plain').send('sent by a page of another site');
});

app.use(
  session({ name: 'id', keys: [process.env.SESSION_KEY], sameSite: 'lax' }),
);
const form = express.urlencoded();

// The token of a session, in the forms of its own pages.
const { generateToken, csrfSynchronisedProtection: checkToken } = csrfSync({
  getTokenFromRequest: (request) => request.body?.token,
});

// The customer's page. No name of a customer needs escaping.
const account = (user, token) => `<p>Customer: <b id="user">${user}</b>
<p>Balance: <b id="balance">${balance(user)}</b>
<form method="post" action="/transfer">
<input name="token" type="hidden" value="${token}">
<p><label>To <input name="to"></label>
<p><label>Amount <input name="amount"></label>
<p><button>Send</button>
</form>
<form method="post" action="/logout">
<input name="token" type="hidden" value="${token}">
<p><button>Log out</button>
</form>`;

app.get('/', (request, response) => {
  const { user } = request.session;
  response.send(page(user ? account(user, generateToken(request)) : login));
});

app.post('/login', form, (request, response) => {
  if (!isRight(request.body)) {
    response.status(401).type('text/plain').send('wrong name or password');
    return;
  }
  request.session = { user: request.body.user };
  response.redirect(303, '/');
});

app.post('/transfer', form, checkToken, (request, response) => {
  const { user } = request.session;
  const refused = user ? transfer(user, request.body) : 'not logged in';
  if (refused) {
    response.status(400).type('text/plain').send(refused);
    return;
  }
  response.redirect(303, '/');
});

app.post('/logout', form, checkToken, (request, response) => {
  request.session = null;
  response.redirect(303, '/');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
