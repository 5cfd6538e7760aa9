// The payment provider, as the box office sees it: src/payments.rs in
// JavaScript.

// Pays for a seat, which takes as long as it takes. Throws when the payment
// does not go through; Express answers with the error's status.
export default async function pay(seat) {
  const answer = await fetch(`${process.env.UPSTREAM_URL}/payments`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ seat, cents: 3900 }),
    signal: AbortSignal.timeout(Number(process.env.TIMEOUT_MS ?? 5000)),
  });
  // The body has to be read before the connection is free again.
  await answer.arrayBuffer();
  if (answer.ok) return;
  const error = new Error('the payment did not go through');
  error.status = answer.status === 402 ? 402 : 502;
  throw error;
}
