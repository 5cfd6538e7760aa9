// A browser, a server of the book, and what every test needs of both.

import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { chromium } from 'playwright-core';

const CANDIDATES = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

// Chromium itself must not talk to anybody either.
const ARGUMENTS = [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
];

export const THEMES = ['light', 'rust', 'coal', 'navy', 'ayu'];
export const CHAPTER = 'performance/01-blocking-the-worker.html';

function executable() {
    const found = CANDIDATES.find(path => path && existsSync(path));
    if (!found) {
        throw new Error('no Chromium: apt-get install chromium, or set CHROMIUM to its path');
    }
    return found;
}

export async function openBrowser() {
    return chromium.launch({ executablePath: executable(), args: ARGUMENTS });
}

// A context with a profile of its own in which cookies of third parties are
// sent, as an attacker would wish.
export async function openProfile() {
    const folder = mkdtempSync(join(tmpdir(), 'profile-'));
    mkdirSync(join(folder, 'Default'));
    writeFileSync(join(folder, 'Default/Preferences'), JSON.stringify({
        profile: { block_third_party_cookies: false, cookie_controls_mode: 0 },
    }));
    const context = await chromium.launchPersistentContext(
        folder, { executablePath: executable(), args: ARGUMENTS });
    const close = context.close.bind(context);
    context.close = async () => {
        await close();
        // Chromium's other processes may still write for a moment.
        rmSync(folder, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 });
    };
    return context;
}

// Starts `workshop serve` in `root` and resolves with its address.
export async function openServer(workshop, root) {
    const server = spawn(workshop, ['serve', '--port', '0'], { cwd: root, stdio: ['ignore', 'pipe', 'inherit'] });
    const ended = new Promise((_, reject) => {
        server.once('error', reject);
        server.once('exit', code => reject(new Error(`the server ended with ${code}`)));
    });
    ended.catch(() => {});
    const address = (async () => {
        for await (const line of createInterface({ input: server.stdout })) {
            const url = line.match(/http:\/\/127\.0\.0\.1:\d+/);
            if (url) {
                return url[0];
            }
        }
        throw new Error('the server named no address');
    })();
    const url = await Promise.race([address, ended]);
    return { url, pid: server.pid, stop: () => server.kill('SIGINT') };
}

// A page that notes what must not happen: errors, and requests to elsewhere.
export async function openPage(browser, options = {}) {
    const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
    await context.addInitScript('window.print = () => {}');
    const page = await context.newPage();
    page.faults = [];
    page.on('console', message => message.type() === 'error' && page.faults.push(message.text()));
    page.on('pageerror', error => page.faults.push(String(error)));
    page.on('request', request => {
        const { protocol, hostname } = new URL(request.url());
        if (!['data:', 'file:', 'blob:'].includes(protocol) && hostname !== '127.0.0.1') {
            page.faults.push(`a request to ${request.url()}`);
        }
    });
    return page;
}

// One load per page: the theme is switched in place.
export async function setTheme(page, theme) {
    await page.evaluate(([theme, all]) => {
        const root = document.documentElement;
        root.classList.remove(...all);
        root.classList.add(theme);
    }, [theme, THEMES]);
}
