// What customers write to the shop: src/ticket.rs and src/page.rs in
// JavaScript. It stands for a table of the database.

export const tickets = [];

export const form = `<form method="post" action="/tickets">
<p><label>Name <input name="name"></label>
<p><label>Label <input name="label"></label>
<p><label>Where <input name="site"></label>
<p><label>What <textarea name="text"></textarea></label>
<p><button>Send</button>
</form>`;

// An HTML page with that body, which has to be HTML already.
export const page = (body) => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Tickets</title>
<h1>Tickets</h1>
${body}
</html>
`;
