// A bank.

import session from 'cookie-session';
import { csrfSync } from 'csrf-sync';
import express from 'express';
import helmet from 'helmet';

import { balance, isRight, page, transfer } from './bank.mjs';

const app = express();

// Other pages may not show ours in a frame: what a customer clicks there comes
// from this origin, with the right token. Without its own Referrer-Policy,
// helmet has browsers send Origin: null with the forms of these very pages.
const none = ["'none'"];
app.use(
  helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: none,
        formAction: ["'self'"],
        baseUri: none,
        frameAncestors: none,
      },
    },
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  }),
);

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

// The form for whoever is not logged in.
const login = (token) => `<form method="post" action="/login">
<input name="token" type="hidden" value="${token}">
<p><label>Name <input name="user"></label>
<p><label>Password <input name="password" type="password"></label>
<p><button>Log in</button>
</form>`;

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
  const token = generateToken(request);
  response.send(page(user ? account(user, token) : login(token)));
});

app.post('/login', form, checkToken, (request, response) => {
  if (!isRight(request.body)) {
    response.status(401).type('text/plain').send('wrong name or password');
    return;
  }
  // The token of a session that nobody has logged in to may be known to
  // others: pages on other ports can plant one of theirs.
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
