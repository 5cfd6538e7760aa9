// The client of the mail server, as src/mail.rs has it.

export async function send(mail) {
  const response = await fetch(`${process.env.UPSTREAM_URL}/mail`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(mail),
    signal: AbortSignal.timeout(Number(process.env.TIMEOUT_MS ?? 5000)),
  });
  if (!response.ok) throw new Error(`the mail server says ${response.status}`);
}
