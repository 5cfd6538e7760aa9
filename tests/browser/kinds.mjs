// The kinds of text on a page. What a reader can tell apart of a text is its
// own colour and size and what lies behind it; two texts that agree in these
// have one contrast, so one of each kind is enough to judge a theme.

// Runs in the page: marks the first text of each kind that `known` does not
// have with `data-kind`, and returns the kinds it marked.
function mark(known) {
    for (const element of document.querySelectorAll('[data-kind]')) {
        delete element.dataset.kind;
    }
    const behind = new Map();
    const ground = element => {
        if (!element) {
            return '';
        }
        if (!behind.has(element)) {
            const { backgroundColor, backgroundImage, opacity } = getComputedStyle(element);
            const clear = backgroundColor === 'rgba(0, 0, 0, 0)' && backgroundImage === 'none' && opacity === '1';
            const own = clear ? '' : `/${backgroundColor} ${backgroundImage} ${opacity}`;
            behind.set(element, ground(element.parentElement) + own);
        }
        return behind.get(element);
    };
    const found = new Set(known);
    const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    const fresh = [];
    while (walk.nextNode()) {
        const element = walk.currentNode.parentElement;
        if (walk.currentNode.data.trim() && element.checkVisibility()) {
            const { color, fill, fontSize, fontWeight } = getComputedStyle(element);
            const link = element.closest('a') ? 'link' : '';
            const kind = [color, fill, fontSize, fontWeight, link, ground(element)].join(' ');
            if (!found.has(kind)) {
                found.add(kind);
                fresh.push(kind);
                element.dataset.kind = '';
            }
        }
    }
    return fresh;
}

// Marks the texts of a kind that no page has shown yet, notes them in `known`,
// and resolves with their number.
export async function markNewKinds(page, known) {
    const fresh = await page.evaluate(mark, [...known]);
    fresh.forEach(kind => known.add(kind));
    return fresh.length;
}
