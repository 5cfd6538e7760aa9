// The report engine of src/report.rs in JavaScript: the library with the
// CPU-heavy job in it. Same orders, same arithmetic, same bytes.

import { Worker } from 'node:worker_threads';

// Computes until the report is done.
export default function render(customer) {
  if (process.env.LAB_GATE) enter(process.env.LAB_GATE);
  return html(customer, orders(customer));
}

// The lab holds a report at its gate: report `entered`, block this thread
// until one byte or the end of the stream. Node has no blocking socket, so a
// helper thread does the talking while this one waits on shared memory.
function enter(gate) {
  const colon = gate.lastIndexOf(':');
  const released = new Int32Array(new SharedArrayBuffer(4));
  const talk = `
    const { connect } = require('node:net');
    const { workerData: { host, port, released } } = require('node:worker_threads');
    const go = () => { Atomics.store(released, 0, 1); Atomics.notify(released, 0); };
    const socket = connect(port, host, () => socket.write('entered\\n'));
    socket.on('data', () => socket.destroy()).on('error', go).on('close', go);
  `;
  const host = gate.slice(0, colon);
  const port = Number(gate.slice(colon + 1));
  new Worker(talk, { eval: true, workerData: { host, port, released } }).unref();
  Atomics.wait(released, 0, 0);
}

// A customer's orders of the year, in cents, the same on every call.
function orders(customer) {
  const count = customer < 1000 ? 100_000 : 400_000;
  let state = (Math.imul(customer, 2654435761) | 1) >>> 0;
  return Uint32Array.from({ length: count }, () => {
    state = (state ^ (state << 13)) >>> 0;
    state = (state ^ (state >>> 17)) >>> 0;
    state = (state ^ (state << 5)) >>> 0;
    return state % 50_000;
  });
}

function html(customer, cents) {
  const months = Array.from({ length: 12 }, () => ({ count: 0, cents: 0 }));
  cents.forEach((value, n) => {
    months[n % 12].count += 1;
    months[n % 12].cents += value;
  });
  const total = months.reduce((sum, month) => sum + month.cents, 0);
  const median = cents.toSorted()[Math.floor(cents.length / 2)];
  const rows = months.map(
    (month, n) =>
      `<tr><td>${n + 1}</td><td>${month.count}</td><td>${month.cents}</td></tr>\n`,
  );
  return (
    `<!doctype html>\n<html lang="en">\n<title>Report ${customer}</title>\n` +
    `<h1>Report ${customer}</h1>\n<p>${cents.length} orders, ${total} cents, ` +
    `median ${median}.</p>\n<table>\n${rows.join('')}</table>\n</html>\n`
  );
}
