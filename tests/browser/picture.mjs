// Takes the README's picture of the panel from a running server of the book:
//   node tests/browser/picture.mjs http://127.0.0.1:3000 .github/panel.png

import { CHAPTER, openBrowser, openPage } from './browser.mjs';

const [url, file] = process.argv.slice(2);
const browser = await openBrowser();
const page = await openPage(browser, { viewport: { width: 1500, height: 1000 }, deviceScaleFactor: 2 });
await page.goto(`${url}/${CHAPTER}`);
await page.locator('.lab-live').screenshot({ path: file });
await browser.close();
