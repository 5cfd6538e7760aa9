// Opens the bank and the attacker's page in Chromium, presses what is there,
// and prints what the browser sent and what came of it.
//   node attack.mjs http://127.0.0.1:3101 3102

import { openProfile } from '../../../tests/browser/browser.mjs';

const [bank, port] = process.argv.slice(2);
const context = await openProfile();
const page = await context.newPage();

async function logIn() {
  await context.clearCookies();
  await page.goto(`${bank}/`);
  await page.fill('[name=user]', 'alice');
  await page.fill('[name=password]', 'apple');
  await page.click('button');
}

async function press(where, what, selector) {
  let sent;
  const note = (request) => {
    if (request.isNavigationRequest() && !request.redirectedFrom()) sent ??= request;
  };
  page.on('request', note);
  await Promise.all([page.waitForEvent('load'), page.click(selector)]);
  page.off('request', note);
  const headers = await sent.allHeaders();
  const answer = await sent.response();
  await page.goto(`${bank}/`);
  const user = await page.locator('#user').textContent({ timeout: 500 }).catch(() => 'nobody');
  const balance = await page.locator('#balance').textContent({ timeout: 500 }).catch(() => '');
  const path = new URL(sent.url()).pathname;
  const cells = [
    where.padEnd(12),
    `${sent.method()} ${path}`.padEnd(15),
    (headers['sec-fetch-site'] ?? '-').padEnd(12),
    (headers.origin ?? '-').padEnd(22),
    (headers.cookie ? 'yes' : 'no').padEnd(7),
    String(answer.status()).padEnd(7),
    `${user} ${balance}`,
  ];
  console.log(cells.join(' ').trimEnd());
}

const evil = (host) => page.goto(`http://${host}:${port}/?service=${encodeURIComponent(bank)}`);

console.log(`${'page'.padEnd(12)} ${'request'.padEnd(15)} ${'fetch-site'.padEnd(12)} ${'origin'.padEnd(22)} cookie  status  then at /`);
await logIn();
await page.fill('[name=to]', 'bob');
await page.fill('[name=amount]', '1');
await press('own', 'form', 'button:has-text("Send")');
for (const [name, host] of [['other site', 'localhost'], ['other port', '127.0.0.1']]) {
  for (const what of ['1', '2', '3']) {
    await logIn();
    await evil(host);
    await press(name, what, `text="Picture ${what}"`);
  }
}
await context.close();
