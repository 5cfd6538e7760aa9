// A page that greets its visitors by name, in Express. The book's page
// "How a request travels" shows it beside `service.rs`.

import cookieSession from 'cookie-session';
import express from 'express';

// ANCHOR: main
const app = express();
app.set('view engine', 'ejs');
app.set('views', import.meta.dirname + '/views');

// Once per process.
let pages = 0;

app.use(noSniffing);
app.use(cookieSession({ keys: [process.env.SESSION_KEY] }));
app.use(noRobots);
app.use(express.json());
app.get('/', home);
app.post('/name', introduce);
app.use(failed);

const server = app.listen(Number(process.env.PORT), '127.0.0.1', () => {
  console.log(`listening on 127.0.0.1:${server.address().port}`);
});
// ANCHOR_END: main

// ANCHOR: home
function home(request, response) {
  pages += 1;
  const name = request.session.name ?? 'stranger';
  response.render('home', { name, pages });
}
// ANCHOR_END: home

// ANCHOR: introduce
async function introduce(request, response) {
  const name = request.body?.name;
  if (typeof name !== 'string' || name === '') {
    throw new NoName('a visitor has a name');
  }
  request.session.name = name;
  response.sendStatus(204);
}
// ANCHOR_END: introduce

// ANCHOR: error
class NoName extends Error {
  status = 422;
}

// Four parameters make it the error handler.
function failed(error, request, response, next) {
  const status = error.status ?? 500;
  const text = status < 500 ? error.message : 'something failed';
  response.status(status).type('text/plain').send(text);
}
// ANCHOR_END: error

// ANCHOR: layers
function noSniffing(request, response, next) {
  response.set('x-content-type-options', 'nosniff');
  next();
}

function noRobots(request, response, next) {
  if (request.get('user-agent') === 'robot') {
    response.sendStatus(403);
    return;
  }
  next();
}
// ANCHOR_END: layers
