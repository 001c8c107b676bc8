// Time for the driver that passes only when everybody waits: no test sleeps, and none depends on the machine.

import { createHeadroom } from 'headroom-forge';
import { NOW } from './fixtures.js';

export class ManualTime {
  #asleep = [];

  constructor(start = NOW) {
    this.now = start;
  }

  /** A driver that lives in this time. */
  headroom(options = {}) {
    return createHeadroom({ now: () => this.now, sleep: this.sleep, seed: 1n, ...options });
  }

  /** How many are waiting. */
  get asleep() {
    return this.#asleep.length;
  }

  sleep = (millis, signal) =>
    new Promise((resolve, reject) => {
      const abort = () => {
        this.#asleep = this.#asleep.filter((other) => other !== sleeper);
        reject(signal.reason);
      };
      const wake = () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      };
      const sleeper = { until: this.now + BigInt(millis), wake };
      this.#asleep.push(sleeper);
      signal?.addEventListener('abort', abort, { once: true });
    });

  /** Lets time pass until the work is done, and gives what it came to. */
  async run(work) {
    let isOpen = true;
    const done = Promise.resolve(work).finally(() => (isOpen = false));
    done.catch(() => {});
    for (await settled(); isOpen; await settled()) {
      if (this.#asleep.length === 0) throw new Error('everybody waits for what never comes');
      this.wake();
    }
    return done;
  }

  /** Moves to the first instant that somebody waits for, and wakes all who do, in the order in which they came. */
  wake() {
    const first = this.#asleep.reduce((least, { until }) => (until < least ? until : least), this.#asleep[0].until);
    const due = this.#asleep.filter(({ until }) => until <= first);
    this.#asleep = this.#asleep.filter(({ until }) => until > first);
    if (first > this.now) this.now = first;
    for (const { wake } of due) wake();
  }
}

/** Until nothing is left to do at this instant. */
export const settled = () => new Promise((resolve) => setImmediate(resolve));

/** A refusal by the points quota. */
export const refusal = (seconds, reason = 'confluence-quota-tenant-based') =>
  new Response('', { status: 429, headers: { 'Retry-After': String(seconds), 'RateLimit-Reason': reason } });

export const page = (id = 1) => `https://acme.atlassian.net/wiki/rest/api/content/${id}`;
