// What src/catalogue.rs and src/supplier.rs are: the shop's SQLite file with
// the page of an item, and the supplier's service.

import Database from 'better-sqlite3';

const database = new Database(process.env.DATABASE_URL, { readonly: true });
const items = database.prepare('select name, cents from items where slug = ?');
const reviews = database.prepare(
  'select stars, words from reviews where item = ? order by id desc limit 10',
);

// `fetch` is loaded when it is first used: now, and not in a visitor's time.
await fetch('data:,');

// The page of an item, or nothing when there is none.
export function page(slug) {
  const item = items.get(slug);
  if (!item) return undefined;
  const shown = reviews.all(slug);
  const rows = shown.map(({ stars, words }) => `<li>${stars} of 5: ${words}</li>\n`);
  return (
    `<!doctype html>\n<html lang="en">\n<title>${item.name}</title>\n` +
    `<h1>${item.name}</h1>\n<p>${item.cents} cents</p>\n<ul>\n${rows.join('')}</ul>\n</html>`
  );
}

// How many of an item the supplier has, and where.
export async function ask(item) {
  const answer = await fetch(`${process.env.UPSTREAM_URL}/stock/${item}`);
  if (!answer.ok) throw new Error('the supplier does not say');
  return answer.json();
}
