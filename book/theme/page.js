'use strict';

// Repairs to mdBook's page that need a script. Without it every page is
// complete; only conveniences are missing.
(() => {
    // The button of the contents list is a <label>, which no keyboard reaches
    // (mdBook issue 2615): a real button takes its place.
    function sidebarButton() {
        const label = document.getElementById('mdbook-sidebar-toggle');
        const box = document.getElementById('mdbook-sidebar-toggle-anchor');
        if (!label || !box) {
            return;
        }
        const button = document.createElement('button');
        button.type = 'button';
        button.className = label.className;
        button.title = label.title;
        button.append(...[...label.childNodes].map(node => node.cloneNode(true)));
        button.setAttribute('aria-label', label.title);
        button.setAttribute('aria-controls', 'mdbook-sidebar');
        const show = () => {
            label.removeAttribute('aria-expanded');
            button.setAttribute('aria-expanded', box.checked);
        };
        button.addEventListener('click', () => label.click());
        box.addEventListener('change', () => setTimeout(show));
        label.before(button);
        label.hidden = true;
        label.removeAttribute('aria-label');
        label.removeAttribute('aria-controls');
        // mdBook writes the state on the label, where it means nothing.
        new MutationObserver(() => {
            if (label.hasAttribute('aria-expanded')) {
                show();
            }
        }).observe(label, { attributes: true });
        show();
    }

    // mdBook turns the arrow keys into "previous" and "next chapter" unless an
    // input has the focus; in code, tables and panels they scroll.
    function arrowKeys() {
        const inner = 'figure, main pre, .table-wrapper, details > summary';
        for (const element of document.querySelectorAll(inner)) {
            element.addEventListener('keydown', event => {
                if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
                    event.stopPropagation();
                }
            });
        }
    }

    // What scrolls sideways can be reached by keyboard.
    function scrollable() {
        for (const element of document.querySelectorAll('main pre > code, main .table-wrapper, main .diagram')) {
            if (element.scrollWidth > element.clientWidth) {
                element.tabIndex = 0;
                // A group, no region: a page with ten listings has no ten
                // landmarks. A figure keeps the role that it has.
                if (element.localName !== 'figure') {
                    element.setAttribute('role', 'group');
                    element.setAttribute('aria-label', element.localName === 'code' ? 'Listing' : 'Table');
                }
            }
        }
    }

    function taskLists() {
        for (const box of document.querySelectorAll('main li > input[type=checkbox]')) {
            box.setAttribute('aria-label', box.parentElement.textContent.trim().slice(0, 80));
        }
    }

    // A button beside each command that is meant to be typed.
    function copyButtons() {
        if (!navigator.clipboard) {
            return;
        }
        for (const code of document.querySelectorAll('code.lab-command')) {
            const button = document.createElement('button');
            button.type = 'button';
            button.className = 'lab-copy';
            button.textContent = 'Copy';
            button.setAttribute('aria-label', `Copy ${code.textContent}`);
            button.addEventListener('click', async () => {
                try {
                    await navigator.clipboard.writeText(code.textContent);
                    button.textContent = 'Copied';
                } catch {
                    button.textContent = 'Not allowed';
                }
                setTimeout(() => { button.textContent = 'Copy'; }, 1500);
            });
            code.after(button);
        }
    }

    sidebarButton();
    arrowKeys();
    taskLists();
    copyButtons();
    addEventListener('load', scrollable);
    addEventListener('resize', scrollable);
})();
