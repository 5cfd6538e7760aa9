// The models of labkit-browser against Chromium: every case of their table,
// on loopback origins. Any difference fails.
//   CASES_UPDATE=1 node --test models.test.mjs
// writes what Chromium does into the table, for the models to follow.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { openProfile } from './browser.mjs';

const FILE = new URL('../../labs/kit/browser/tests/cases.json', import.meta.url);
const table = JSON.parse(readFileSync(FILE, 'utf8'));
const UPDATE = process.env.CASES_UPDATE === '1';

// Two ports of one host, and three other names.
const HOSTS = { A: '127.0.0.1', B: '127.0.0.1', C: 'localhost', D: 'a.b.localhost', E: 'b.localhost' };

let context;
let servers;
let origins;
let seen = [];

before(async () => {
    context = await openProfile();
    servers = await Promise.all(Object.keys(HOSTS).map(letter => new Promise(resolve => {
        const server = createServer((request, response) => serve(letter, request, response));
        server.listen(0, '127.0.0.1', () => resolve(server));
    })));
    origins = Object.fromEntries(Object.entries(HOSTS).map(
        ([letter, host], n) => [letter, `http://${host}:${servers[n].address().port}`]));
});

after(async () => {
    await context?.close();
    servers?.forEach(server => server.close());
});

// `{C}` and `C/path` stand for an origin.
const filled = text => text.replaceAll(/\{([A-E])\}/g, (_, letter) => origins[letter]);
const absolute = to => origins[to[0]] + to.slice(1);
const lettered = text => Object.entries(origins).reduce(
    (text, [letter, origin]) => text.replaceAll(origin, letter), text);

// What the server is to answer stands in the address.
function address(to, answer = {}) {
    const { then, ...own } = answer;
    const said = JSON.parse(filled(JSON.stringify(own)));
    if (said.to) {
        said.to = address(said.to, then);
    }
    return `${absolute(to)}?answer=${encodeURIComponent(JSON.stringify(said))}`;
}

const NAMES = [
    ['sec-fetch-site', 'site'], ['sec-fetch-mode', 'mode'], ['sec-fetch-dest', 'dest'],
    ['sec-fetch-user', 'user'], ['origin', 'origin'], ['referer', 'referer'],
    ['access-control-request-method', 'asks'], ['access-control-request-headers', 'with'],
    ['content-type', 'type'], ['cookie', 'cookie'],
];

function serve(letter, request, response) {
    const url = new URL(request.url, origins[letter]);
    if (url.pathname === '/favicon.ico') {
        response.writeHead(404).end();
        return;
    }
    let body = '';
    request.on('data', part => body += part);
    request.on('end', () => {
        const words = [`${request.method} ${letter}${url.pathname}`];
        for (const [name, short] of NAMES) {
            const value = request.headers[name];
            if (value !== undefined) {
                const shown = name === 'referer' ? value.split('?')[0] : value;
                words.push(`${short}=${lettered(shown)}`);
            }
        }
        const query = [...url.searchParams].filter(([name]) => name !== 'answer');
        query.forEach(([name, value]) => words.push(`?${name}=${value}`));
        if (body) {
            words.push(`body=${JSON.stringify(body)}`);
        }
        seen.push(words.join(' '));
        const answer = JSON.parse(url.searchParams.get('answer') ?? '{}');
        response.statusCode = answer.status ?? 200;
        response.setHeader('content-type', 'text/html; charset=utf-8');
        (answer.headers ?? []).forEach(([name, value]) => response.setHeader(name, value));
        if (answer.set) {
            response.setHeader('set-cookie', answer.set);
        }
        if (answer.to) {
            response.setHeader('location', answer.to);
        }
        response.end('<!doctype html><title>a page</title><link rel=icon href="data:,">');
    });
}

const STEPS = {
    visit: (page, { url }) => page.goto(url),
    link: (page, step) => leave(page, ({ url }) => {
        const a = document.body.appendChild(document.createElement('a'));
        a.href = url;
        a.click();
    }, step),
    form: (page, step) => leave(page, ({ url, method, enctype, fields }) => {
        const form = document.body.appendChild(document.createElement('form'));
        form.method = method;
        form.enctype = enctype ?? '';
        const at = new URL(url);
        form.action = at;
        // A query of the address is lost when the form is sent as one.
        if (method === 'get') {
            fields = [['answer', at.searchParams.get('answer')], ...fields];
        }
        for (const [name, value] of fields) {
            const field = form.appendChild(document.createElement('textarea'));
            field.name = name;
            field.value = value;
        }
        form.submit();
    }, step),
    fetch: async (page, step) => {
        seen.push(await page.evaluate(async ({ url, method, headers, type, body, credentials, mode }) => {
            const all = { ...headers, ...(type && { 'content-type': type }) };
            return fetch(url, { method, headers: all, body, credentials, mode }).then(
                answer => answer.type === 'opaque' ? 'unreadable' : `read ${answer.status}`,
                () => 'unreadable');
        }, step));
    },
    image: (page, step) => page.evaluate(({ url }) => new Promise(done => {
        const image = new Image();
        image.onload = image.onerror = done;
        image.src = url;
    }), step),
    script_cookie: (page, { line }) => page.evaluate(line => { document.cookie = line; }, line),
    cookie: async page => {
        const cookies = await page.evaluate(() => {
            try {
                return document.cookie;
            } catch {
                return '';
            }
        });
        seen.push(`document.cookie: ${cookies}`);
    },
};

async function leave(page, action, step) {
    const arrived = page.waitForEvent('load');
    await page.evaluate(action, step);
    await arrived;
}

// A body of 4096 bytes is no good to read.
const short = line => line.replaceAll(/x{50,}/g, run => `x*${run.length}`);

test('requests', async t => {
    for (const entry of table.requests) {
        await t.test(entry.name, async () => {
            await context.clearCookies();
            const page = await context.newPage();
            seen = [];
            for (const step of entry.steps) {
                const url = step.to && address(step.to, step.answer);
                await STEPS[step.do](page, { ...step, url });
            }
            await page.close();
            const found = seen.map(short);
            if (UPDATE) {
                entry.seen = found;
            }
            assert.deepEqual(found, entry.seen);
        });
    }
});

// What a page is, by its own account.
function look() {
    const ADDRESSES = ['href', 'action', 'formaction', 'src', 'data'];
    const elements = [...document.querySelectorAll('*')];
    const handlers = elements.flatMap(element => [...element.attributes]
        .filter(({ name }) => name.startsWith('on') && typeof element[name] === 'function'));
    const links = elements.flatMap(element => [...element.attributes].filter(({ name, value }) => {
        if (!ADDRESSES.includes(name)) {
            return false;
        }
        const a = document.createElement('a');
        a.setAttribute('href', value);
        return a.protocol === 'javascript:';
    }));
    return {
        kind: document.contentType,
        scripts: globalThis.scripts ?? 0,
        handlers: handlers.length,
        links: links.length,
        text: document.documentElement.textContent,
    };
}

test('documents', async t => {
    let current;
    const server = createServer((request, response) => {
        if (request.url !== '/document') {
            response.writeHead(404).end();
            return;
        }
        if (current.type !== null) {
            response.setHeader('content-type', current.type);
        }
        if (current.nosniff) {
            response.setHeader('x-content-type-options', 'nosniff');
        }
        response.end(current.body);
    });
    await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${server.address().port}/document`;
    for (const entry of table.documents) {
        await t.test(entry.name, async () => {
            current = entry;
            const page = await context.newPage();
            await page.addInitScript(() => {
                globalThis.ran = what => {
                    globalThis.scripts = (globalThis.scripts ?? 0) + (what === 'script');
                };
            });
            let made;
            try {
                await page.goto(url);
                made = await page.evaluate(look);
                const kinds = { 'text/html': 'html', 'text/plain': 'text', 'application/json': 'text' };
                made.kind = kinds[made.kind] ?? (made.kind.startsWith('text/') ? 'text' : made.kind);
                if (made.kind === 'text') {
                    // The element that shows it is the browser's own.
                    made.text = await page.evaluate(() => document.querySelector('pre').textContent);
                }
            } catch (error) {
                assert.match(String(error), /Download is starting|ERR_ABORTED/);
                made = { kind: 'other', scripts: 0, handlers: 0, links: 0, text: entry.body };
            }
            await page.close();
            if (UPDATE) {
                entry.made = made;
            }
            assert.deepEqual(made, entry.made);
        });
    }
    server.close();
});

after(() => {
    if (UPDATE) {
        writeFileSync(FILE, `${JSON.stringify(table, null, 1)}\n`);
    }
});
