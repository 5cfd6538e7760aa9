'use strict';

// The panel of a lab: replay of its recorded run, and a read-out under the
// pointer. The figure, its axes and its table are drawn when the book is built;
// this only changes the marks and the numbers. live.js, another source of
// samples, finds the panels in `labPanels`.
(() => {
    const WIDTH = 1000;
    const HEIGHT = 300;
    const SVG = 'http://www.w3.org/2000/svg';

    // Times as fast as it was.
    const SPEED = 2;

    function element(tag, properties = {}, ...children) {
        const node = Object.assign(document.createElement(tag), properties);
        node.append(...children);
        return node;
    }

    function quantile(sorted, q) {
        return sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)];
    }

    // Both axes, read from the figure that the build has drawn.
    class Scale {
        constructor(area) {
            const { axis, seconds, low, high } = area.dataset;
            this.log = axis === 'log';
            this.seconds = Number(seconds);
            this.low = Number(low);
            this.high = Number(high);
        }

        x(t) {
            return t / this.seconds * WIDTH;
        }

        y(value) {
            const at = this.log ? Math.log10(Math.max(value, 10 ** this.low)) : value;
            return HEIGHT - (at - this.low) / (this.high - this.low) * HEIGHT;
        }

        text(value) {
            if (!this.log) {
                return value.toFixed(0);
            }
            if (value >= 1000) {
                return `${(value / 1000).toFixed(2)} s`;
            }
            return value >= 10 ? `${value.toFixed(0)} ms` : `${value.toFixed(1)} ms`;
        }
    }

    const isAnswered = status => status >= 200 && status < 300;

    // A figure and the runs that it shows.
    class Panel {
        constructor(figure) {
            this.figure = figure;
            this.data = JSON.parse(figure.querySelector('.lab-data').textContent);
            this.area = figure.querySelector('.area');
            this.svg = this.area.querySelector('svg');
            this.scale = new Scale(this.area);
            this.state = figure.querySelector('.lab-state');
            this.controls = figure.querySelector('.lab-controls');
            this.output = element('output');
            this.recorded = this.state.textContent;
            // What was drawn at build time, to go back to.
            this.drawn = [...this.svg.querySelectorAll('.marks, .lost')].map(path => [path, path.getAttribute('d')]);
            this.cells = [...figure.querySelectorAll('.lab-table td')].map(cell => [cell, cell.textContent]);
            this.lostLabels = [...figure.querySelectorAll('.lost-label')];
        }

        path(kind, run) {
            const found = this.svg.querySelector(`.${kind}.s-${run.class}`);
            if (found) {
                return found;
            }
            const path = document.createElementNS(SVG, 'path');
            path.setAttribute('class', `${kind} s-${run.class}`);
            return this.svg.appendChild(path);
        }

        // Draws the samples of `run` that were answered by `now`.
        marks(run, now) {
            const [dx, dy, stroke] = run.mark;
            let marks = '';
            let lost = '';
            for (const [t, value, status] of run.samples) {
                if (t > now || this.scale.log && t + value / 1000 > now) {
                    continue;
                }
                const x = this.scale.x(t);
                if (isAnswered(status)) {
                    marks += `M${(x + dx).toFixed(0)} ${(this.scale.y(value) + dy).toFixed(0)}${stroke}`;
                } else {
                    lost += `M${x.toFixed(0)} 3v13`;
                }
            }
            this.path('marks', run).setAttribute('d', marks);
            this.path('lost', run).setAttribute('d', lost);
        }

        // Puts the numbers of the samples answered by `now` into the table.
        numbers(run, now) {
            const row = this.figure.querySelector(`tr[data-version="${CSS.escape(run.version)}"]`);
            const cells = row?.querySelectorAll('td');
            if (!cells) {
                return;
            }
            const samples = run.samples.filter(([t, value]) => t + (this.scale.log ? value / 1000 : 0) <= now);
            const sorted = samples.map(([, value]) => value).sort((a, b) => a - b);
            const late = samples.filter(([, , status]) => status === 0).length;
            const failed = samples.filter(([, , status]) => !isAnswered(status)).length - late;
            const figures = sorted.length
                ? [quantile(sorted, 0.5), quantile(sorted, 0.99), sorted.at(-1)].map(v => this.scale.text(v))
                : ['–', '–', '–'];
            // Work and lateness are known when a run is over.
            const values = [samples.length, failed, late, ...figures];
            cells.forEach((cell, n) => { cell.textContent = values[n] ?? '–'; });
        }

        // Makes room for a live run, and takes its recorded marks away.
        begin(run) {
            for (const label of this.lostLabels) {
                label.hidden ||= label.classList.contains(`s-${run.class}`);
            }
            this.row(run);
            this.marks(run, 0);
            this.numbers(run, 0);
        }

        // The row of a run. A version that was not recorded gets one.
        row(run) {
            const rows = this.figure.querySelector('.lab-table tbody');
            const found = rows.querySelector(`tr[data-version="${CSS.escape(run.version)}"]`);
            if (found) {
                return found;
            }
            const row = rows.querySelector('tr').cloneNode(true);
            row.dataset.version = run.version;
            row.classList.add('added');
            const [dx, dy, stroke] = run.mark;
            const key = row.querySelector('.key path');
            key.setAttribute('class', `marks s-${run.class}`);
            key.setAttribute('d', `M${dx} ${dy}${stroke}`);
            row.querySelector('th').lastChild.textContent = run.name;
            return rows.appendChild(row);
        }

        // The numbers of a finished run, as the lab's own program counts them.
        result(run, { summary, work, counted, generator_late_p99_ms: late }) {
            const text = value => this.scale.text(value);
            const values = [
                summary.requests, summary.failed, summary.timed_out,
                text(summary.p50), text(summary.p99), text(summary.max),
                `${work.done} of ${work.sent}`, work.per_second.toFixed(1), text(late), counted,
            ];
            this.row(run).querySelectorAll('td').forEach((cell, n) => { cell.textContent = values[n] ?? '–'; });
        }

        // The recorded 99th percentile of a version, if it was recorded.
        p99(version) {
            const run = this.data.runs.find(run => run.version === version);
            const sorted = run?.samples.map(([, value]) => value).sort((a, b) => a - b);
            return sorted && quantile(sorted, 0.99);
        }

        // Shows `runs` as far as they had come by `now`.
        show(runs, now) {
            for (const run of runs) {
                for (const label of this.lostLabels) {
                    label.hidden ||= label.classList.contains(`s-${run.class}`);
                }
                this.marks(run, now);
                this.numbers(run, now);
            }
        }

        // Shows the recording as the build has drawn it.
        restore() {
            for (const [path, d] of this.drawn) {
                path.setAttribute('d', d);
            }
            for (const path of this.svg.querySelectorAll('.marks, .lost')) {
                if (!this.drawn.some(([known]) => known === path)) {
                    path.remove();
                }
            }
            for (const row of this.figure.querySelectorAll('.lab-table tr.added')) {
                row.remove();
            }
            for (const [cell, text] of this.cells) {
                cell.textContent = text;
            }
            for (const label of this.lostLabels) {
                label.hidden = false;
            }
            this.state.textContent = this.recorded;
            this.output.textContent = '';
        }
    }

    // Replay of the recording, at twice its speed.
    function replay(panel) {
        const start = element('button', { type: 'button', textContent: 'Replay the recorded run' });
        const end = panel.scale.seconds + panel.data.timeout / 1000;
        let frame = 0;
        const stop = () => {
            cancelAnimationFrame(frame);
            frame = 0;
            start.textContent = 'Replay the recorded run';
            panel.restore();
        };
        panel.stopReplay = () => frame && stop();
        start.addEventListener('click', () => {
            if (frame) {
                stop();
                return;
            }
            panel.restore();
            if (matchMedia('(prefers-reduced-motion: reduce)').matches) {
                panel.state.textContent = 'recorded run, shown at once: your system asks for less motion';
                return;
            }
            const begun = performance.now();
            start.textContent = 'Stop';
            panel.state.textContent = 'replaying the recorded run';
            const tick = time => {
                const now = (time - begun) / 1000 * SPEED;
                if (now >= end) {
                    stop();
                    return;
                }
                panel.show(panel.data.runs, now);
                panel.output.textContent = `${Math.min(now, panel.scale.seconds).toFixed(1)} s of ${panel.scale.seconds} s`;
                frame = requestAnimationFrame(tick);
            };
            frame = requestAnimationFrame(tick);
        });
        panel.controls.append(start);
    }

    // What each version answered at the moment under the pointer.
    function readOut(panel) {
        const { area, scale } = panel;
        const cursor = element('div', { className: 'cursor', hidden: true });
        const tip = element('div', { className: 'tip', hidden: true });
        area.append(cursor, tip);
        const nearest = (samples, t) => samples.reduce((best, sample) =>
            Math.abs(sample[0] - t) < Math.abs(best[0] - t) ? sample : best);
        const said = ([, value, status]) => {
            if (status === 0) {
                return 'timed out';
            }
            return isAnswered(status) ? scale.text(value) : `${status} after ${scale.text(value)}`;
        };
        area.addEventListener('pointermove', event => {
            const box = area.getBoundingClientRect();
            const at = Math.min(1, Math.max(0, (event.clientX - box.left) / box.width));
            const t = at * scale.seconds;
            cursor.hidden = tip.hidden = false;
            cursor.style.left = `${at * 100}%`;
            tip.style.left = at < 0.6 ? `calc(${at * 100}% + 10px)` : '';
            tip.style.right = at < 0.6 ? '' : `calc(${(1 - at) * 100}% + 10px)`;
            const lines = panel.data.runs
                .filter(run => run.samples.length)
                .map(run => element('div', { textContent: `${run.name}: ${said(nearest(run.samples, t))}` }));
            tip.replaceChildren(element('b', { textContent: `${t.toFixed(2)} s` }), ...lines);
        });
        area.addEventListener('pointerleave', () => {
            cursor.hidden = tip.hidden = true;
        });
    }

    globalThis.labPanels = [];
    for (const figure of document.querySelectorAll('.lab-live')) {
        const panel = new Panel(figure);
        globalThis.labPanels.push(panel);
        replay(panel);
        readOut(panel);
        panel.controls.append(panel.output);
        panel.controls.hidden = false;
    }
})();
