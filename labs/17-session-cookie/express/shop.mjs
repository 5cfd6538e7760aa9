// src/account.rs, src/page.rs and src/shop.rs in JavaScript: who may log in,
// and the pages that are the same in both files.

import express, { Router } from 'express';

const users = new Map([
  ['alice', 'apple'],
  ['bob', 'berry'],
  ['mallory', 'mango'],
]);
const staff = new Map([['alice', '2718']]);
const items = ['tea', 'coffee', 'cocoa'];

// The account, if the password is right. This stands for the table of users,
// which holds hashes.
export function account({ user, password } = {}) {
  const right = password !== undefined && users.get(user) === password;
  return right ? { name: user, orders: false } : undefined;
}

// The account with the rights of the staff, if that is its PIN.
export function unlocked({ name }, { pin } = {}) {
  const right = pin !== undefined && staff.get(name) === pin;
  return right ? { name, orders: true } : undefined;
}

export function refuse(response, status, words) {
  response.status(status).type('text/plain').send(words);
}

const login = `<form method="post" action="/login">
<label>Name <input name="user" autocomplete="username"></label>
<label>Password <input name="password" type="password"></label>
<button>Log in</button></form>`;
const logout = `<form method="post" action="/logout">
<button>Log out</button></form>`;
const unlock = `<form method="post" action="/unlock">
<label>PIN <input name="pin" type="password"></label>
<button>Unlock the orders</button></form>`;

// Names are those of accounts, and items those of the shop, so nothing in it
// comes from a form.
function page({ account, basket = [] }) {
  let who = login;
  if (account?.orders) {
    const orders = '<a href="/orders">all orders</a>';
    who = `<p>${account.name} is logged in, and may see ${orders}.</p>${logout}`;
  } else if (account) {
    who = `<p>${account.name} is logged in.</p>${unlock}${logout}`;
  }
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Shop</title><h1>Shop</h1>
${who}
<h2>Basket</h2><ul>${basket.map((item) => `<li>${item}`).join('')}</ul>
<form method="post" action="/basket"><select name="item">
${items.map((item) => `<option>${item}`).join('')}
</select><button>Add</button></form></html>`;
}

export function pages() {
  const router = Router();
  // What depends on who asks is kept by no cache.
  router.use((request, response, next) => {
    response.set('Cache-Control', 'no-store');
    next();
  });
  router.get('/', (request, response) => {
    response.send(page(request.session));
  });
  router.get('/me', (request, response) => {
    const { account } = request.session;
    if (!account) return refuse(response, 401, 'not logged in');
    response.type('text/plain').send(account.name);
  });
  router.get('/orders', (request, response) => {
    const { account } = request.session;
    if (!account?.orders) return refuse(response, 403, 'not unlocked');
    response.type('text/plain').send('1 bob tea\n2 mallory cocoa\n');
  });
  router.get('/basket', (request, response) => {
    const { basket = [] } = request.session;
    response.type('text/plain').send(basket.join('\n'));
  });
  router.post('/basket', express.urlencoded(), (request, response) => {
    const { item } = request.body ?? {};
    if (!items.includes(item)) return refuse(response, 400, 'no such item');
    request.session.basket = [...(request.session.basket ?? []), item];
    response.redirect(303, '/');
  });
  router.post('/logout', (request, response, next) => {
    request.session.destroy((error) => {
      if (error) return next(error);
      response.redirect(303, '/');
    });
  });
  return router;
}
