// The login of a shop.

import { setTimeout as after } from 'node:timers/promises';

import express from 'express';
import { MemoryStore, ipKeyGenerator, rateLimit } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
import { createClient } from 'redis';

import { isRight, page } from './login.mjs';

const app = express();
// Only these write down whom they got a request from.
const proxies = (process.env.TRUSTED_PROXIES ?? '').split(',');
app.set('trust proxy', proxies.filter(Boolean));

// The login form.
app.get('/', (request, response) => {
  response.type('html').send(page);
});

// The load balancer asks this once a second.
app.get('/ping', (request, response) => {
  response.type('text/plain').send('pong');
});

const most = Number(process.env.TIMEOUT_MS ?? 5000);
const redis = createClient({
  url: process.env.REDIS_URL,
  pingInterval: most / 2,
  socket: {
    connectTimeout: most,
    socketTimeout: most,
    reconnectStrategy: (retries) => Math.min(retries * 50, 1000),
  },
});
redis.on('error', (error) => console.error(`redis: ${error.message}`));
await redis.connect();

// What Redis answers in time. Who has waited in vain asks again only after
// a second.
let silentUntil = 0;
async function ask(question) {
  if (Date.now() < silentUntil) throw new Error('no answer from Redis');
  const late = after(most, undefined, { ref: false }).then(() => {
    throw new Error('no answer from Redis');
  });
  try {
    return await Promise.race([question(), late]);
  } catch (error) {
    silentUntil = Date.now() + 1000;
    console.error(`redis: ${error.message}`);
    throw error;
  }
}

// Counts in Redis, and in this process while Redis does not answer.
class SharedStore {
  constructor(prefix) {
    const sendCommand = (...words) => redis.sendCommand(words);
    this.shared = new RedisStore({ prefix, sendCommand });
    this.local = new MemoryStore();
  }

  init(options) {
    this.local.init(options);
    return this.shared.init(options);
  }

  increment(key) {
    return ask(() => this.shared.increment(key)).catch(() =>
      this.local.increment(key),
    );
  }

  decrement(key) {
    return ask(() => this.shared.decrement(key)).catch(() =>
      this.local.decrement(key),
    );
  }

  resetKey(key) {
    return ask(() => this.shared.resetKey(key)).catch(() =>
      this.local.resetKey(key),
    );
  }
}

// Where an account was logged in to within a month.
const month = 30 * 24 * 60 * 60;
const known = ({ ip, body }) =>
  `login:known:${ipKeyGenerator(ip, 64)}:${body?.user}`;

const both = {
  windowMs: 60 * 60 * 1000,
  standardHeaders: 'draft-8',
  legacyHeaders: false,
  message: 'too many attempts, try again later',
};
const perClient = rateLimit({
  ...both,
  limit: 10,
  ipv6Subnet: 64,
  store: new SharedStore('login:client:'),
});
const perAccount = rateLimit({
  ...both,
  limit: 5,
  keyGenerator: (request) => String(request.body?.user),
  // Guesses from elsewhere do not keep the owner out.
  skip: (request) =>
    ask(() => redis.exists(known(request))).then(Boolean, () => false),
  store: new SharedStore('login:account:'),
});

// The login form is sent here.
app.post(
  '/login',
  perClient,
  express.urlencoded({ limit: '1kb' }),
  perAccount,
  async (request, response) => {
    response.type('text/plain');
    if (!isRight(request.body)) {
      response.status(401).send('wrong name or password');
      return;
    }
    await ask(() => redis.set(known(request), 1, { EX: month })).catch(
      () => {},
    );
    response.send(`welcome, ${request.body.user}`);
  },
);

app.listen(Number(process.env.PORT ?? 3001), '127.0.0.1');
