// Aims the links and frames of this page at the shop.

const query = new URLSearchParams(location.search);
const asked = query.get('service');
const shop = document.querySelector('#service');
if (asked && /^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(asked)) {
  shop.href = asked;
  shop.textContent = asked;
}
const { origin, port } = new URL(shop.href);

// Browsers keep a 301 for ever: each time another page is asked for.
const moved = document.querySelector('#moved');
moved.href = `http://evil.localhost:${port}/orders?page=${Date.now() % 100000}`;
moved.textContent = moved.href;

const form = document.forms[0];
form.elements.https.value = query.get('https') ?? '';
form.addEventListener('submit', (event) => {
  event.preventDefault();
  const https = form.elements.https.value;
  document.querySelector('#frames').hidden = false;
  const [home, orders] = document.querySelectorAll('iframe');
  home.src = new URL('/', https).href;
  orders.src = new URL('/orders', https).href;
});

document.querySelector('#claim').textContent =
  "curl -si --interface 127.0.0.2 -H 'X-Forwarded-Proto: https' " +
  `-u ada:apple ${origin}/orders`;
