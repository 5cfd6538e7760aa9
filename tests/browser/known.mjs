// Pages that axe has found good before: what was judged once need not be judged
// again until the page changes. A fresh clone knows none.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

// The pages in `file`, with what all of them were judged by.
export function openKnown(file, ...judges) {
    const kept = file && existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};
    // The names of styles and scripts change with what is in them, so a page
    // tells of these, too.
    const key = html => judges.reduce((hash, text) => hash.update(text), createHash('sha256')).update(html).digest('hex');
    return {
        isGood: (path, html) => kept[path] === key(html),
        keep: (path, html) => { kept[path] = key(html); },
        save: () => file && writeFileSync(file, JSON.stringify(kept)),
    };
}
