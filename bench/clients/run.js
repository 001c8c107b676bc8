// One client of the table, as published, in the simulator's time: it is asked what it does upon what happens, one line
// of JSON each (bench/src/bin/peers/child.rs has the format). The clock is a fake, so a wait of an hour takes no time.
//
//   node run.js <CLIENT> <raw|best|invoked> <NODES> <START>

import { readSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import FakeTimers from '@sinonjs/fake-timers';

const [name, setting, nodes, start] = process.argv.slice(2);

// Our own turns of the event loop are real: they let everything happen that needs no time.
const { setImmediate } = globalThis;
const clock = FakeTimers.install({
  now: Number(start),
  toFake: [
    ...['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'setImmediate', 'clearImmediate'],
    ...['Date', 'performance', 'hrtime'],
  ],
});
// Node waits whole milliseconds and at least one, and takes what is too long for one; the fake would also wait for none.
const asNode = (delay) => (delay >= 1 && delay <= 2 ** 31 - 1 ? Math.trunc(delay) : 1);
for (const name of ['setTimeout', 'setInterval']) {
  const fake = globalThis[name];
  globalThis[name] = timers[name] = (then, delay, ...rest) => fake(then, asNode(delay), ...rest);
}
// For those who import `node:timers` or `node:timers/promises`.
syncBuiltinESMExports();
// Chance is drawn as in any other run, so that the table can be written again.
let seed = 1;
Math.random = () => {
  // Mulberry32 by T. Ettinger, public domain.
  seed = (seed + 0x6d2b79f5) | 0;
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
};

let did = [];
const awaited = new Map();

/** What packages send with: the Fetch API, answered by the simulator. */
globalThis.fetch = (input, init) => {
  const headers = input instanceof Request ? input.headers : new Headers(init?.headers);
  const job = Number(headers.get('x-request-id'));
  return new Promise((resolve) => {
    awaited.set(job, resolve);
    did.push(['s', job]);
  });
};

const make = (await import(`./peers/${name}.js`))[setting];
const clients = new Map();

/** The client of a node; each node has one of its own. */
function clientOf(node) {
  // Some take a moment to be made: what is kept is the promise, or each call of the first instant would get its own.
  if (!clients.has(node)) clients.set(node, make({ nodes: Number(nodes), node }));
  return clients.get(node);
}

async function call(node, job, method, path, headers) {
  const url = `https://docs.atlassian.net${path}`;
  try {
    const client = await clientOf(node);
    const response = await client({ url, method, headers: Object.fromEntries(headers) });
    const status = response?.status ?? response?.statusCode ?? response?.$metadata?.httpStatusCode;
    did.push([status < 400 ? 'd' : 'l', job]);
  } catch (error) {
    const isTold = statusOf(error) !== undefined;
    did.push(isTold ? ['l', job] : ['c', job, String(error?.message ?? error).split('\n')[0]]);
  }
}

/** The status that an error tells; none if the client failed by itself. */
function statusOf(error) {
  const from = error?.response ?? error?.reason?.response ?? error;
  return from?.status ?? from?.statusCode ?? from?.$metadata?.httpStatusCode;
}

function hear([kind, ...rest]) {
  if (kind === 0) return void call(...rest);
  const [job, status, headers, body] = rest;
  const answer = awaited.get(job);
  awaited.delete(job);
  answer(new Response(body === '' ? null : body, { status, headers }));
}

const nextTimer = () => clock.timerHeap?.timers[0]?.callAt;
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** Lets everything happen that can happen at this instant. */
async function settle() {
  for (let quiet = 0; quiet < 2; ) {
    const before = did.length;
    await turn();
    const isDue = nextTimer() <= clock.now;
    if (isDue) clock.tick(0);
    quiet = isDue || did.length > before ? 0 : quiet + 1;
  }
}

const crashed = (error) => {
  for (const job of awaited.keys()) did.push(['c', job, String(error?.message ?? error)]);
};
process.on('uncaughtException', crashed);
process.on('unhandledRejection', crashed);

/** The questions, one after the other. Nothing else is waited for, so the process may stand still meanwhile. */
function* questions() {
  const chunk = Buffer.alloc(1 << 16);
  let rest = Buffer.alloc(0);
  for (let size = read(chunk); size > 0; size = read(chunk)) {
    rest = Buffer.concat([rest, chunk.subarray(0, size)]);
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield JSON.parse(rest.toString('utf8', 0, end));
      rest = rest.subarray(end + 1);
    }
  }
}

/** A package that touches the standard streams makes their pipes refuse instead of wait. */
function patiently(work) {
  for (;;) {
    try {
      return work();
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error;
    }
  }
}

const read = (chunk) => patiently(() => readSync(0, chunk, 0, chunk.length));

function reply(line) {
  const bytes = Buffer.from(`${line}\n`);
  for (let at = 0; at < bytes.length; ) at += patiently(() => writeSync(1, bytes, at));
}

for (const [now, told] of questions()) {
  clock.tick(now - clock.now);
  told.forEach(hear);
  await settle();
  const timer = nextTimer();
  reply(JSON.stringify([timer === undefined ? null : Math.ceil(timer), did]));
  did = [];
}
process.exit();
