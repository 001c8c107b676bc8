// A client in the server's time: it never really sleeps, and what it does when it is refused is written down. Does the
// same as world.py.

import { once } from 'node:events';
import { request } from 'node:http';

// The whole quota of Tier 1 (2025-12): with it used up, everything is refused until the hour is over.
const QUOTA = 65_000;
const HOUR_MS = 3_600_000;
// Pacing by chance is played twice: once with the least and once with the greatest draw.
const LUCKS = [0, 0.999999];
// How long a refusal lasts, in seconds, and what is done to its answer.
const REFUSALS = {
  soon: { seconds: 30 },
  late: { seconds: 1_847 },
  dated: { seconds: 30, isDated: true },
  untold: { seconds: 30, isTold: false },
  broken: { seconds: 30, status: 503 },
  write: { seconds: 30, isWrite: true },
};
// When the server's clock begins.
const START = Date.UTC(2026, 1, 2, 12);
// A shorter timer is no waiting for a limit: the client's own machinery has its time.
const LEAST_WAIT_MS = 100;

/** A running server whose clock moves by hand, as the one clock that there is. */
export class World {
  #elapsedMs = 0;
  #waits = [];
  #timer = globalThis.setTimeout;

  constructor(url) {
    this.url = url;
    Date.now = () => START + this.#elapsedMs;
    globalThis.setTimeout = (done, ms = 0, ...rest) =>
      ms < LEAST_WAIT_MS || isOfNode() ? this.#timer(done, ms, ...rest) : this.#pass(done, ms, rest);
  }

  async control(path, body) {
    const call = request(`${this.url}/_headroom/${path}`, { method: body ? 'POST' : 'GET' });
    call.end(body && JSON.stringify(body));
    const [response] = await once(call, 'response');
    const text = Buffer.concat(await response.toArray()).toString();
    if (response.statusCode !== 200) throw new Error(`${path}: ${text}`);
    return JSON.parse(text);
  }

  async advance(ms) {
    this.#elapsedMs += (await this.control('clock', { advance: `${Math.ceil(ms)} ms` })).advanced_ms;
  }

  #pass(done, ms, rest) {
    this.#waits.push(Math.round(ms / 100) / 10);
    this.advance(ms).then(() => done(...rest));
    return this.#timer(() => {}, 0);
  }

  /** Everything is refused for so many seconds from now on. */
  async refuse({ seconds, isTold = true, isDated, status }) {
    await this.control('reset', {});
    const left = (this.#elapsedMs + seconds * 1_000) % HOUR_MS;
    await this.advance(2 * HOUR_MS - left);
    if (status) {
      const before = `${this.#elapsedMs + seconds * 1_000} ms`;
      const then = { status: { code: status, retry_after: `${seconds} s` } };
      await this.control('faults', { name: 'down', on: { before }, then });
    } else {
      await this.control('usage', { used_points: QUOTA });
    }
    if (!isTold) await this.control('faults', { name: 'untold', then: { header: { name: 'Retry-After' } } });
    if (isDated) {
      const end = this.#elapsedMs + seconds * 1_000;
      const set = new Date(START + end).toUTCString();
      await this.control('faults', {
        name: 'dated',
        on: { before: `${end} ms` },
        then: { header: { name: 'Retry-After', set } },
      });
    }
  }

  /** What a call does when it meets a refusal. */
  async met(call, refusal) {
    await this.refuse(refusal);
    this.#waits = [];
    const error = await call().then(() => null, described);
    const waits = this.#waits;
    const { requests, early } = (await this.control('state')).summary;
    return { waits, requests, error, early, reckoned: reckoned(waits, refusal, requests) };
  }

  /** Each refusal met with the least and with the greatest luck. */
  async refusals(read, write) {
    const seen = {};
    const random = Math.random;
    for (const [name, refusal] of Object.entries(REFUSALS)) {
      seen[name] = [];
      for (const luck of LUCKS) {
        Math.random = () => luck;
        seen[name].push(await this.met(refusal.isWrite ? write : read, refusal));
      }
    }
    Math.random = random;
    await this.control('reset', {});
    return seen;
  }

  /** Each task by its name, on a server as it was: nothing if all went well, else what went wrong. */
  async tasks(named) {
    const seen = {};
    for (const [name, task] of Object.entries(named)) {
      await this.control('reset', {});
      const wrong = await task().catch(
        error => `${error?.name ?? 'an object'}: ${error?.message ?? JSON.stringify(error)}`,
      );
      seen[name] = wrong ? wrong.replaceAll(/\s+/g, ' ').slice(0, 200) : null;
    }
    return seen;
  }
}

/** Whether Node itself asks for the timer, as its `fetch` does to watch over a connection. */
function isOfNode() {
  return new Error().stack.split('\n')[3]?.includes('node:') ?? false;
}

/** How many requests came before what the first refusal told: counted from the waits alone. */
function reckoned(waits, { seconds, isTold = true, isDated, status }, requests) {
  if (!isTold || isDated || status) return 0;
  const sent = Array.from({ length: requests - 1 }, (_, at) =>
    waits.slice(0, at + 1).reduce((sum, wait) => sum + wait, 0),
  );
  return sent.filter(at => at < seconds).length;
}

/** The error's class, and what of the answer its user can get from it. */
function described(error) {
  const tells = [];
  const all = [error, error?.response, error?.cause?.response];
  if (all.some(one => one?.status)) tells.push('status');
  if (all.some(one => one?.headers)) tells.push('header fields');
  if (error?.retryAfterMs !== undefined) tells.push('delay');
  return { class: error?.constructor?.name ?? String(error), tells };
}

/** Nothing, or what is different. */
export function same(seen, wanted) {
  const [a, b] = [JSON.stringify(seen), JSON.stringify(wanted)];
  return a === b ? null : `${a} instead of ${b}`;
}

/** Prints what was seen of a client. */
export async function report(world, { client, version, known = {}, reads, pages, writes, refusals }) {
  const seen = { client, version, known };
  seen.reads = await world.tasks(reads);
  seen.pages = await world.tasks(pages);
  seen.writes = await world.tasks(writes);
  seen.refusals = {};
  for (const [name, [read, write]] of Object.entries(refusals)) seen.refusals[name] = await world.refusals(read, write);
  process.stdout.write(`${JSON.stringify(seen)}\n`);
}
