// Aims the links and buttons of this page at the shop.

const asked = new URLSearchParams(location.search).get('service');
const shop = document.querySelector('#service');
if (asked && /^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(asked)) {
  shop.href = asked;
  shop.textContent = asked;
}

// The shop's page looks for what stands in its address.
for (const field of ['name', 'below', 'sort']) {
  for (const link of document.querySelectorAll(`a[data-${field}]`)) {
    const target = new URL('/', shop.href);
    target.searchParams.set(field, link.dataset[field]);
    link.href = target.href;
  }
}

const sent = document.querySelector('#sent');
for (const button of document.querySelectorAll('button[data-wish]')) {
  button.addEventListener('click', async () => {
    const body = new URLSearchParams({ email: 'eve@example.org', wish: button.dataset.wish });
    const target = new URL('/wishes', shop.href);
    // As a form would send it: nobody asks the shop whether it agrees.
    await fetch(target, { method: 'POST', mode: 'no-cors', body }).then(
      () => sent.replaceChildren('Sent. ', link('Open the shop')),
      () => sent.replaceChildren('No answer: does the shop run?'),
    );
  });
}

function link(text) {
  const made = document.createElement('a');
  made.href = shop.href;
  made.textContent = text;
  return made;
}
