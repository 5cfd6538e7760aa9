// The page of src/page.rs in JavaScript.

const STYLE = 'form { max-width: 20rem; margin: 4rem auto; display: grid; gap: 1rem }';

const SCRIPT = `document.forms[0].addEventListener('submit', (event) => {
  event.target.querySelector('button').disabled = true;
});`;

export function html(nonce) {
  const attribute = nonce ? ` nonce="${nonce}"` : '';
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Forgotten password</title>
<style${attribute}>${STYLE}</style>
<form method="post" action="/reset">
<label>Your email <input name="email" type="email" required></label>
<button>Send me a link</button>
</form>
<script${attribute}>${SCRIPT}</script>
</html>
`;
}
