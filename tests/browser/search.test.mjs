// Whoever knows only a symptom or an error message types it into the book's
// search, and finds the chapter among the first results.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { openBrowser, openPage, openServer } from './browser.mjs';

const { WORKSHOP, ROOT } = process.env;
// What is seen without scrolling.
const FIRST = 5;

let browser;
let server;

before(async () => {
    [browser, server] = await Promise.all([openBrowser(), openServer(WORKSHOP, ROOT)]);
});

after(async () => {
    await browser?.close();
    server?.stop();
});

test('one search for a symptom finds its chapter', async () => {
    const page = await openPage(browser);
    await page.goto(`${server.url}/symptoms.html`);
    const symptoms = await page.locator('main table tbody tr').evaluateAll(rows => rows.map(row => ({
        symptom: row.cells[0].textContent,
        chapter: new URL(row.querySelector('a').href).pathname,
    })));
    assert.ok(symptoms.length > 30, `${symptoms.length} symptoms`);
    const lost = [];
    for (const { symptom, chapter } of symptoms) {
        await page.goto(`${server.url}/glossary.html?search=${encodeURIComponent(symptom)}`);
        const results = page.locator('#mdbook-searchresults a');
        await results.first().waitFor({ timeout: 5000 }).catch(() => {});
        const found = await results.evaluateAll(links => links.map(link => new URL(link.href).pathname));
        if (!found.slice(0, FIRST).includes(chapter)) {
            lost.push(`${symptom}: ${chapter} is result ${found.indexOf(chapter) + 1} of ${found.length}`);
        }
    }
    await page.context().close();
    assert.deepEqual(lost, []);
});
