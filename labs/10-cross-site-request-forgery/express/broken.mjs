// A bank.

import session from 'cookie-session';
import express from 'express';

import { balance, isRight, login, page, transfer } from './bank.mjs';

const app = express();
app.use(
  session({ name: 'id', keys: [process.env.SESSION_KEY], sameSite: 'lax' }),
);

// The customer's page. No name of a customer needs escaping.
const account = (user) => `<p>Customer: <b id="user">${user}</b>
<p>Balance: <b id="balance">${balance(user)}</b>
<form action="/transfer">
<p><label>To <input name="to"></label>
<p><label>Amount <input name="amount"></label>
<p><button>Send</button>
</form>
<form method="post" action="/logout">
<p><button>Log out</button>
</form>`;

app.get('/', (request, response) => {
  const { user } = request.session;
  response.send(page(user ? account(user) : login));
});

app.post('/login', express.urlencoded(), (request, response) => {
  if (!isRight(request.body)) {
    response.status(401).type('text/plain').send('wrong name or password');
    return;
  }
  request.session = { user: request.body.user };
  response.redirect(303, '/');
});

app.get('/transfer', (request, response) => {
  const { user } = request.session;
  const refused = user ? transfer(user, request.query) : 'not logged in';
  if (refused) {
    response.status(400).type('text/plain').send(refused);
    return;
  }
  response.redirect(303, '/');
});

app.post('/logout', (request, response) => {
  request.session = null;
  response.redirect(303, '/');
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
