// Where sessions live: in Redis, see lab 16. It gives every session a day.

import { RedisStore } from 'connect-redis';
import { createClient } from 'redis';

// How long Redis may take.
const most = Number(process.env.TIMEOUT_MS ?? 5000);
const client = createClient({
  url: process.env.REDIS_URL,
  commandOptions: { timeout: most },
  pingInterval: most / 2,
  socket: {
    connectTimeout: most,
    socketTimeout: most,
    reconnectStrategy: (retries) => Math.min(retries * 50, 1000),
  },
});
client.on('error', (error) => console.error(`redis: ${error.message}`));
await client.connect();

export const store = new RedisStore({ client });
