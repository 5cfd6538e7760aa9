// Aims the links and forms of this page at the bank.

const asked = new URLSearchParams(location.search).get('service');
const bank = document.querySelector('#bank');
if (asked && /^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(asked)) {
  bank.href = asked;
  bank.textContent = asked;
}
for (const element of document.querySelectorAll('[data-path]')) {
  const target = new URL(element.dataset.path, bank.href).href;
  element.setAttribute(element.tagName === 'FORM' ? 'action' : 'href', target);
}
