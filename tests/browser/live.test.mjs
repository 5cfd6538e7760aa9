// Live runs in Chromium: marks appear, Stop stops, closing the page ends the
// lab's process, and other pages cannot start anything.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';

import { CHAPTER, openBrowser, openPage, openServer } from './browser.mjs';

const { WORKSHOP, ROOT, SHOTS } = process.env;

// The lab's program may have to be built first.
const BUILD = 600_000;

let browser;
let server;

before(async () => {
    [browser, server] = await Promise.all([openBrowser(), openServer(WORKSHOP, ROOT)]);
});

after(async () => {
    await browser?.close();
    server?.stop();
});

// Programs of a lab that descend from this server.
function labs() {
    const rows = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
        .trim().split('\n').map(row => row.trim().split(/\s+/));
    const family = new Set([String(server.pid)]);
    for (let grown = true; grown;) {
        const found = rows.filter(([pid, parent]) => family.has(parent) && !family.has(pid));
        grown = found.length > 0;
        found.forEach(([pid]) => family.add(pid));
    }
    return rows
        .filter(([pid, , state]) => family.has(pid) && !state.startsWith('Z'))
        .map(row => row.slice(3).join(' '))
        .filter(line => /lab-\d\d(-exercise)? --lab load/.test(line));
}

async function gone(patience) {
    const end = Date.now() + patience;
    while (labs().length && Date.now() < end) {
        await new Promise(resolve => setTimeout(resolve, 20));
    }
    return labs();
}

const state = page => page.locator('.lab-live .lab-state').textContent();
const summary = page => page.locator('.lab-summary');

async function open() {
    const page = await openPage(browser);
    await page.goto(`${server.url}/${CHAPTER}`);
    return page;
}

async function running(page, version) {
    await page.getByRole('button', { name: `Run ${version}` }).press('Enter');
    await page.waitForFunction(
        () => document.querySelector('.lab-live .lab-state').textContent.includes('is running'),
        null, { timeout: BUILD });
}

test('a run of broken stalls within three seconds, and its end is told once', async () => {
    const page = await open();
    await running(page, 'broken');
    const begun = Date.now();
    // A ping that took longer than the budget is a stall that one can see.
    await page.waitForFunction(() => {
        const budget = document.querySelector('.lab-live .budget').getAttribute('d').match(/[\d.]+/g)[1];
        const marks = document.querySelector('.lab-live svg:not(.key) .marks.s-broken').getAttribute('d') ?? '';
        const lost = document.querySelector('.lab-live .lost.s-broken')?.getAttribute('d') ?? '';
        const heights = [...marks.matchAll(/M\S+ (-?[\d.]+)/g)].map(match => Number(match[1]));
        return lost || heights.some(height => height < Number(budget) - 10);
    }, null, { timeout: 20_000 });
    const stalled = Date.now() - begun;
    assert.ok(stalled < 3000, `stalled after ${stalled} ms`);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: `${SHOTS}/live-broken.png` });
    await summary(page).waitFor({ timeout: 60_000 });
    assert.match(await summary(page).textContent(), /^Broken: \d+ requests, 99th percentile .* done\./);
    assert.equal(await state(page), 'your run of broken');
    assert.equal(await page.locator('.lab-spoken').getAttribute('role'), 'status');
    assert.deepEqual(page.faults, []);
    assert.deepEqual(await gone(2000), []);
    await page.context().close();
});

test('Stop stops, by keyboard, and says so', async () => {
    const page = await open();
    await running(page, 'fixed');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Stop');
    await page.keyboard.press('Enter');
    await summary(page).waitFor();
    assert.match(await summary(page).textContent(), /was stopped after \d+ requests/);
    assert.deepEqual(await gone(2000), []);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Run fixed');
    await page.context().close();
});

test('closing the page ends the process within two seconds', async () => {
    const page = await open();
    await running(page, 'broken');
    assert.equal(labs().length, 1, labs().join('\n'));
    await page.context().close();
    assert.deepEqual(await gone(2000), []);
});

test('a second run is refused with a clear answer', async () => {
    const [first, second] = [await open(), await open()];
    await running(first, 'broken');
    await second.getByRole('button', { name: 'Run fixed' }).click();
    await summary(second).waitFor();
    assert.match(await summary(second).textContent(), /running already: broken/);
    await first.context().close();
    await second.context().close();
    assert.deepEqual(await gone(2000), []);
});

test('pages of another site, another port, and images start nothing', async () => {
    const attacker = createServer((request, response) => {
        response.setHeader('content-type', 'text/html');
        response.end('<!doctype html><title>elsewhere</title>');
    });
    await new Promise(resolve => attacker.listen(0, '127.0.0.1', resolve));
    const { port } = attacker.address();
    for (const host of ['127.0.0.1', 'localhost']) {
        const context = await browser.newContext();
        const page = await context.newPage();
        await page.goto(`http://${host}:${port}/`);
        const seen = await page.evaluate(async target => {
            const post = type => fetch(`${target}/_lab/runs`, {
                method: 'POST', mode: 'no-cors', headers: { 'Content-Type': type },
                body: '{"lab":"01","version":"broken"}',
            }).then(answer => answer.type, error => error.name);
            const image = new Promise(resolve => {
                const img = new Image();
                img.onload = () => resolve('loaded');
                img.onerror = () => resolve('refused');
                img.src = `${target}/_lab/runs/00000000000000000000000000000000`;
            });
            return [await post('text/plain'), await post('application/json'), await image];
        }, server.url);
        assert.equal(seen[2], 'refused');
        await context.close();
    }
    attacker.close();
    assert.deepEqual(labs(), []);
    // Nothing took the lab's one place either.
    const page = await open();
    await running(page, 'fixed');
    await page.context().close();
    assert.deepEqual(await gone(2000), []);
});
