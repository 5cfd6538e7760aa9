// The book in Chromium: what a reader sees, with and without scripts, and that
// nothing leaves this machine. `cargo test -p book-tests --test browser` runs it.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';

import { markNewKinds } from './kinds.mjs';
import { openKnown } from './known.mjs';
import { CHAPTER, openBrowser, openPage, openServer, setTheme, THEMES } from './browser.mjs';

const { WORKSHOP, ROOT, SHOTS, KNOWN } = process.env;
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const COLOURS = ['color-contrast', 'link-in-text-block'];

let browser;
let server;
let pages;

before(async () => {
    mkdirSync(SHOTS, { recursive: true });
    [browser, server] = await Promise.all([openBrowser(), openServer(WORKSHOP, ROOT)]);
    const sitemap = await (await fetch(`${server.url}/sitemap.xml`)).text();
    const canonical = [...sitemap.matchAll(/<loc>([^<]*)<\/loc>/g)].map(match => match[1]);
    assert.ok(canonical.length > 3, sitemap);
    const stem = canonical.find(url => url.endsWith(CHAPTER)).slice(0, -CHAPTER.length);
    pages = canonical.map(url => url.slice(stem.length) || 'index.html');
});

after(async () => {
    await browser?.close();
    server?.stop();
});

// Everything in one theme, wide and narrow; in the other themes only the colours
// differ, so there each kind of text is judged once, on the first page that has it.
test('axe finds nothing on any page, in any theme, wide and narrow', async () => {
    const found = [];
    const kinds = Object.fromEntries(THEMES.map(theme => [theme, new Set()]));
    const here = ['book.test.mjs', 'kinds.mjs'].map(file => readFileSync(new URL(file, import.meta.url), 'utf8'));
    const known = openKnown(KNOWN, browser.version(), AXE, ...here);
    let skipped = 0;
    const judge = async path => {
        const html = await (await fetch(`${server.url}/${path}`)).text();
        if (known.isGood(path, html)) {
            skipped += 1;
            return;
        }
        const page = await openPage(browser, { bypassCSP: true });
        await page.goto(`${server.url}/${path}`);
        await page.evaluate(AXE);
        const axe = async (theme, width, context, rules) => {
            const violations = await page.evaluate(async ([context, rules]) => {
                const options = { runOnly: rules, resultTypes: ['violations'] };
                return (await globalThis.axe.run(context, options)).violations;
            }, [context, rules]);
            found.push(...violations.map(v => `${path} ${theme} ${width}: ${v.id} ${v.nodes[0].html}`));
        };
        for (const width of [1280, 390]) {
            await page.setViewportSize({ width, height: 800 });
            // The page's own scripts hear of it in a later frame.
            await page.evaluate(() => new Promise(done => setTimeout(() => requestAnimationFrame(done), 50)));
            for (const theme of THEMES) {
                await setTheme(page, theme);
                if (theme === 'light') {
                    await axe(theme, width, 'html', RULES);
                } else if (await markNewKinds(page, kinds[theme]) > 0) {
                    await axe(theme, width, '[data-kind]', COLOURS);
                }
            }
        }
        await page.context().close();
        known.keep(path, html);
    };
    // Two pages at a time: each has a process of its own.
    const left = [...pages, '404.html', 'print.html'];
    const worker = async () => {
        while (left.length > 0) {
            await judge(left.shift());
        }
    };
    await Promise.all([worker(), worker()]);
    assert.deepEqual(found, []);
    // A kind of text that is bad on one page was passed over on the others, so
    // only all of them together are good.
    known.save();
    for (const theme of skipped ? [] : THEMES.slice(1)) {
        assert.ok(kinds[theme].size > 20, `${theme}: ${kinds[theme].size} kinds of text`);
    }
});

test('no page has an error or asks another machine for anything', async () => {
    const page = await openPage(browser);
    for (const path of pages) {
        await page.goto(`${server.url}/${path}`);
        // Whatever a script does once the page is there.
        await page.waitForTimeout(300);
    }
    await page.context().close();
    assert.deepEqual(page.faults, []);
});

test('the card is whole at 1280 x 800, and first aid in the first screen of a phone', async () => {
    const page = await openPage(browser);
    await page.goto(`${server.url}/${CHAPTER}`);
    const card = await page.locator('.lab-card').boundingBox();
    assert.ok(card.y + card.height <= 800, JSON.stringify(card));
    await page.screenshot({ path: `${SHOTS}/chapter-01-wide.png` });
    await setTheme(page, 'navy');
    await page.screenshot({ path: `${SHOTS}/chapter-01-whole-navy.png`, fullPage: true });
    await page.context().close();

    const phone = await openPage(browser, { viewport: { width: 390, height: 844 } });
    await phone.goto(`${server.url}/${CHAPTER}`);
    const aid = await phone.locator('.card-aid').boundingBox();
    assert.ok(aid.y + aid.height <= 844, JSON.stringify(aid));
    const wide = await phone.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(wide <= 390, `the page is ${wide} px wide on a phone`);
    await phone.screenshot({ path: `${SHOTS}/chapter-01-phone.png` });
    await phone.screenshot({ path: `${SHOTS}/chapter-01-phone-whole.png`, fullPage: true });
    await phone.context().close();
});

test('without JavaScript every fact is on the page', async () => {
    const facts = async javaScriptEnabled => {
        const page = await openPage(browser, { javaScriptEnabled });
        await page.goto(`${server.url}/${CHAPTER}`);
        if (!javaScriptEnabled) {
            await page.screenshot({ path: `${SHOTS}/chapter-01-no-javascript.png`, fullPage: true });
        }
        const text = await page.locator('main').textContent();
        const marks = await page.locator('.lab-live path.marks').count();
        await page.context().close();
        return { text: text.replaceAll(/\s+/g, ''), marks };
    };
    const [plain, scripted] = [await facts(false), await facts(true)];
    assert.ok(plain.marks >= 3);
    assert.equal(plain.marks, scripted.marks);
    for (const part of ['99.59', 'delaysnobodyelse', 'ThreadPoolBuilder', 'piscina']) {
        assert.ok(scripted.text.includes(part) === plain.text.includes(part), part);
    }
    // Scripts only add buttons and their labels.
    assert.ok(plain.text.length > scripted.text.length * 0.97, `${plain.text.length} of ${scripted.text.length}`);
});

test('printing from a dark theme gives dark text on white', async () => {
    const page = await openPage(browser);
    await page.goto(`${server.url}/${CHAPTER}`);
    await setTheme(page, 'navy');
    await page.emulateMedia({ media: 'print' });
    // Relative luminance contrast of each text node's colour with white.
    const pale = await page.evaluate(() => {
        const luminance = colour => {
            const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(v => {
                const c = colour.startsWith('color') ? Number(v) : v / 255;
                return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
            });
            return 0.2126 * r + 0.7152 * g + 0.0722 * b;
        };
        const found = [];
        const walk = document.createTreeWalker(document.querySelector('main'), NodeFilter.SHOW_TEXT);
        while (walk.nextNode()) {
            const element = walk.currentNode.parentElement;
            const hidden = !walk.currentNode.textContent.trim() || !element.checkVisibility()
                || element.closest('script, svg, .lab-controls');
            if (!hidden && 1.05 / (luminance(getComputedStyle(element).color) + 0.05) < 4.5) {
                found.push(`${getComputedStyle(element).color}: ${walk.currentNode.textContent.trim().slice(0, 40)}`);
            }
        }
        return found;
    });
    await page.screenshot({ path: `${SHOTS}/chapter-01-print-from-navy.png`, fullPage: true });
    await page.context().close();
    assert.deepEqual(pale, []);
});

test('the keyboard reaches the panel and the arrow keys stay on the page', async () => {
    const page = await openPage(browser);
    await page.goto(`${server.url}/${CHAPTER}`);
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Skip to the page');
    await page.keyboard.press('Enter');
    const names = [];
    for (let n = 0; n < 40 && !names.includes('Run broken'); n += 1) {
        await page.keyboard.press('Tab');
        names.push(await page.evaluate(() => document.activeElement.textContent));
    }
    assert.ok(names.includes('Run broken'), names.join(' | '));
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(300);
    assert.ok(page.url().includes(CHAPTER), page.url());
    await page.context().close();
});

test('a page loads itself again when its chapter changes, and only then', async () => {
    const page = await openPage(browser);
    await page.goto(`${server.url}/how-to-use.html`);
    let loads = 0;
    page.on('load', () => { loads += 1; });
    await page.waitForTimeout(3000);
    assert.equal(loads, 0);
    const chapter = `${ROOT}/book/how-to-use.md`;
    const shipped = readFileSync(chapter, 'utf8');
    try {
        writeFileSync(chapter, `${shipped}\nA sentence that was not there.\n`);
        await page.getByText('A sentence that was not there.').waitFor({ timeout: 20_000 });
    } finally {
        writeFileSync(chapter, shipped);
    }
    await page.context().close();
    assert.deepEqual(page.faults, []);
});
