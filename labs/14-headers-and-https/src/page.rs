//! The page for customers who have forgotten their password.

/// The page's style.
pub const STYLE: &str = "form { max-width: 20rem; margin: 4rem auto; display: grid; gap: 1rem }";

/// The page's script: whoever clicks twice sends one mail.
pub const SCRIPT: &str =
    "document.forms[0].addEventListener('submit', (event) => {
  event.target.querySelector('button').disabled = true;
});";

/// The page.
#[must_use]
pub fn html() -> String {
    page("")
}

/// The page, with a nonce at its script and its style.
#[must_use]
pub fn html_with_nonce(nonce: &str) -> String {
    page(&format!(" nonce=\"{nonce}\""))
}

fn page(attribute: &str) -> String {
    format!(
        "<!doctype html>
<html lang=\"en\">
<meta charset=\"utf-8\">
<title>Forgotten password</title>
<style{attribute}>{STYLE}</style>
<form method=\"post\" action=\"/reset\">
<label>Your email <input name=\"email\" type=\"email\" required></label>
<button>Send me a link</button>
</form>
<script{attribute}>{SCRIPT}</script>
</html>
"
    )
}
