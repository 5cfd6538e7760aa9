'use strict';

// Live runs: the workshop's server starts a version of the lab on this machine
// and sends its samples; the recorded runs of the other versions stay beside
// them. On a published page there is no such server, and nothing here happens.
(() => {
    const meta = document.querySelector('meta[name="lab-api"]');
    if (!meta) {
        return;
    }
    const api = meta.content;
    const PAUSE = 1000;

    // What the learner's own version looks like; it has no recorded run.
    const EXERCISE = { version: 'exercise', name: 'Your exercise', class: 'exercise', mark: [0, -4, 'l4 4l-4 4l-4-4z'] };

    function element(tag, properties = {}, ...children) {
        const node = Object.assign(document.createElement(tag), properties);
        node.append(...children);
        return node;
    }

    const capital = text => text[0].toUpperCase() + text.slice(1);

    class Live {
        constructor(panel) {
            this.panel = panel;
            this.source = null;
            this.id = null;
            this.frame = 0;
            this.buttons = ['broken', 'fixed', 'exercise'].map(version => {
                const what = version === 'exercise' ? 'your exercise' : version;
                const button = element('button', { type: 'button', textContent: `Run ${what}` });
                button.dataset.version = version;
                button.addEventListener('click', () => this.start(version));
                return button;
            });
            this.stopButton = element('button', { type: 'button', textContent: 'Stop', hidden: true });
            this.stopButton.addEventListener('click', () => this.stop());
            this.said = element('pre', { className: 'lab-said', hidden: true, tabIndex: 0 });
            this.said.setAttribute('aria-label', 'What the compiler or the service said');
            // Spoken once, when a run is over; the samples would drown the reader.
            this.summary = element('p', { className: 'lab-summary', hidden: true });
            this.spoken = element('div', { className: 'lab-spoken' }, this.summary);
            this.spoken.setAttribute('role', 'status');
            panel.controls.prepend(...this.buttons, this.stopButton);
            panel.controls.after(this.said, this.spoken);
        }

        get title() {
            return this.version === 'exercise' ? 'your exercise' : this.version;
        }

        async start(version) {
            this.panel.stopReplay();
            this.panel.restore();
            this.version = version;
            this.samples = [];
            this.result = null;
            this.cause = null;
            this.said.hidden = this.summary.hidden = true;
            this.busy(true);
            this.tell(`starting ${this.title}`);
            try {
                const answer = await fetch(`${api}/runs`, {
                    method: 'POST',
                    headers: { 'Content-Type': 'application/json' },
                    body: JSON.stringify({ lab: this.panel.figure.dataset.lab, version }),
                });
                if (!answer.ok) {
                    this.over((await answer.text()).trim());
                    return;
                }
                this.id = (await answer.json()).id;
            } catch {
                this.over('the server of this book does not answer: is `cargo run` still running?');
                return;
            }
            this.source = new EventSource(`${api}/runs/${this.id}`);
            this.source.onmessage = message => this.take(JSON.parse(message.data));
            this.source.onerror = () => this.over('the server of this book went away');
        }

        take(event) {
            if (event === 'end') {
                this.over(this.cause);
            } else if ('building' in event) {
                this.tell(`building ${this.title}: ${event.building}`);
            } else if ('plan' in event) {
                this.tell(`${this.title} is running on this machine, dev build`);
                this.panel.begin(this.run());
            } else if ('samples' in event) {
                this.samples.push(...event.samples);
                this.frame ||= requestAnimationFrame(() => this.draw());
            } else if ('run' in event) {
                this.result = event.run;
            } else if ('cut' in event) {
                this.cause = event.cut.cause;
                this.said.textContent = event.cut.text.trim();
                this.said.hidden = !this.said.textContent;
            }
        }

        // The live run in place of the recorded one of the same version.
        run() {
            const recorded = this.panel.data.runs.find(run => run.version === this.version);
            return { ...(recorded ?? EXERCISE), samples: this.samples };
        }

        draw() {
            this.frame = 0;
            this.panel.show([this.run()], Infinity);
            const last = this.samples.at(-1);
            if (last) {
                const { seconds } = this.panel.scale;
                this.panel.output.textContent = `${Math.min(last[0], seconds).toFixed(1)} s of ${seconds} s`;
            }
        }

        async stop() {
            // Not disabled meanwhile: a disabled button loses the focus.
            this.tell(`stopping ${this.title}`);
            await fetch(`${api}/runs/${this.id}`, { method: 'DELETE' }).catch(() => {});
        }

        over(cause) {
            this.source?.close();
            this.source = null;
            cancelAnimationFrame(this.frame);
            this.draw();
            this.panel.output.textContent = '';
            this.busy(false);
            if (cause) {
                this.tell(cause === 'stopped' ? `${this.title}: stopped` : `${this.title}: cut off`);
                this.speak(cause === 'stopped'
                    ? `The run of ${this.title} was stopped after ${this.samples.length} requests.`
                    : `The run of ${this.title} was cut off: ${cause}.`);
                return;
            }
            this.tell(`your run of ${this.title}`);
            this.finish();
        }

        // The program's own numbers, and one sentence that says them.
        finish() {
            const { summary, work } = this.result;
            this.panel.result(this.run(), this.result);
            const text = value => this.panel.scale.text(value);
            const lost = summary.timed_out + summary.failed;
            const recorded = this.panel.p99(this.version);
            const beside = recorded ? ` The recorded run had ${text(recorded)}.` : '';
            this.speak(`${capital(this.title)}: ${summary.requests} requests, 99th percentile ${text(summary.p99)}, `
                + `worst ${text(summary.max)}, ${lost} lost, ${work.done} of ${work.sent} done.${beside}`);
        }

        tell(text) {
            this.panel.state.textContent = text;
        }

        speak(text) {
            this.summary.hidden = false;
            this.summary.textContent = text;
        }

        busy(running) {
            this.panel.figure.classList.toggle('is-live', running);
            const had = document.activeElement;
            for (const button of this.panel.controls.querySelectorAll('button')) {
                button.disabled = running && button !== this.stopButton;
            }
            // A disabled or hidden button loses the keyboard's place.
            if (running) {
                this.stopButton.hidden = false;
            }
            if (running && this.buttons.includes(had)) {
                this.stopButton.focus();
            } else if (!running && had === this.stopButton) {
                this.buttons.find(button => button.dataset.version === this.version)?.focus();
            }
            this.stopButton.hidden = !running;
        }
    }

    const all = globalThis.labPanels.map(panel => new Live(panel));

    // An author's page follows the sources: it loads itself again once the
    // book was built again, but never under a run.
    async function follow() {
        try {
            const answer = document.hidden ? null : await fetch(`${api}/build`);
            const build = answer?.ok ? await answer.text() : meta.dataset.build;
            if (build !== meta.dataset.build && !all.some(live => live.source)) {
                location.reload();
            }
        } catch {
            // The server is gone or starts anew: ask again later.
        }
        setTimeout(follow, PAUSE);
    }

    setTimeout(follow, PAUSE);
})();
