// The client of the service that knows the accounts, as src/accounts.rs has it.

export async function send(reset) {
  const response = await fetch(`${process.env.UPSTREAM_URL}/resets`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(reset),
    signal: AbortSignal.timeout(Number(process.env.TIMEOUT_MS ?? 5000)),
  });
  if (!response.ok) {
    throw Object.assign(new Error('no mail can be sent now'), { status: 503 });
  }
}
