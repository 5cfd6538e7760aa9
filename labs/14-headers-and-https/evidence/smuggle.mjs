// What Chromium does with the page when somebody has smuggled scripts into it:
// loads the page of the service at the address that is given, puts four scripts
// and a base into it, and prints what of it the browser did.

import { spawn } from 'node:child_process';
import http from 'node:http';

const [url, chromium = 'chromium'] = process.argv.slice(2);

// As the proxy brings it, so that no certificate is needed.
function load() {
  const headers = { host: 'shop.example', 'x-forwarded-proto': 'https' };
  return new Promise((resolve, reject) => {
    http.get(url, { headers }, (answer) => {
      let body = '';
      answer.on('data', (data) => { body += data; });
      answer.on('end', () => resolve({ headers: answer.headers, body }));
    }).on('error', reject);
  });
}

const did = (what) => `document.documentElement.dataset.${what} = ''`;
const seen = (await load()).body.match(/nonce="([^"]+)"/)?.[1];
const page = await load();
const body = page.body.replace('</html>', `
<script>${did('inline')}</script>
<script nonce="${seen ?? ''}">${did('seen')}</script>
<script src="data:text/javascript,${did('data')}"></script>
<img src="nothing.png" onerror="${did('handler')}">
<base href="https://evil.example/">
</html>`);

const policy = page.headers['content-security-policy'];
const server = http.createServer((request, response) => {
  if (request.url !== '/') return response.writeHead(404).end();
  const headers = { 'content-type': 'text/html; charset=utf-8' };
  if (policy) headers['content-security-policy'] = policy;
  response.writeHead(200, headers).end(body);
});
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));

const browser = spawn(chromium, [
  '--headless', '--no-sandbox', '--disable-gpu', '--enable-logging=stderr',
  '--virtual-time-budget=2000', '--dump-dom',
  `http://127.0.0.1:${server.address().port}/`,
]);
let dom = '';
let said = '';
browser.stdout.on('data', (data) => { dom += data; });
browser.stderr.on('data', (data) => { said += data; });
await new Promise((resolve) => browser.on('close', resolve));
server.close();

const ran = dom.match(/<html[^>]*>/)?.[0] ?? '';
const word = (name) => (ran.includes(`data-${name}=`) ? 'runs' : 'does not run');
console.log(`inline script: ${word('inline')}`);
console.log(`script with a nonce seen before: ${seen ? word('seen') : 'there is no nonce'}`);
console.log(`script from a data: address: ${word('data')}`);
console.log(`event handler: ${word('handler')}`);
console.log();
for (const line of said.split('\n').filter((line) => line.includes(':CONSOLE'))) {
  const words = line.slice(line.indexOf('"') + 1).replaceAll(/nonce-[^']+/g, 'nonce-…');
  console.log(words.replace(/127\.0\.0\.1:\d+/, 'shop.example').split('. ')[0]);
}
