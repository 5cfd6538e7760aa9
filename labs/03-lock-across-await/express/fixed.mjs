// The box office of a theatre.

import express from 'express';

import pay from './payments.mjs';

// The seats of tonight's show that are for sale.
const free = new Set(Array.from({ length: 40 }, (_, n) => n + 1));

const app = express();

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

// The website shows this number beside the button.
app.get('/seats', (request, response) => {
  response.json({ free: free.size });
});

// Sells a seat. No other request runs between the look and the delete: there
// is no await between them.
app.post('/buy', async (request, response) => {
  const [seat] = free;
  if (!seat) return response.status(409).type('text/plain').send('sold out');
  free.delete(seat);
  try {
    await pay(seat);
  } catch (error) {
    free.add(seat);
    throw error;
  }
  response.status(201).json({ seat });
});

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
