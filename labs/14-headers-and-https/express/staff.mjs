// Who works for the shop, as src/staff.rs has it. This stands for the table of
// staff, which holds hashes of passwords.

const STAFF = ['ada:apple', 'bob:berry'];

export function staffOnly(request, response, next) {
  const [scheme, login] = (request.get('authorization') ?? '').split(' ');
  const known = Buffer.from(login ?? '', 'base64').toString();
  if (scheme.toLowerCase() === 'basic' && STAFF.includes(known)) return next();
  response.set('WWW-Authenticate', 'Basic realm="orders"');
  response.status(401).type('text/plain').send('for staff only');
}
