// A world without real time for the client: clocks of WASI whose time passes only when nobody can do anything else.

import { createClient } from 'headroom-forge/component';

const NANOS_PER_MILLI = 1_000_000n;

/**
 * Time moves on when every open call is asleep, either waiting for its turn or with its attempt on the way. So what
 * happens depends on nothing but the seed, however long the machine takes.
 */
export class VirtualWorld {
  #now;
  #asleep = [];
  #open = 0;

  constructor(start) {
    this.#now = start * NANOS_PER_MILLI;
  }

  /** Milliseconds since 1970. */
  get now() {
    return this.#now / NANOS_PER_MILLI;
  }

  /** A client that lives here and sends through `send(operation, attempt, world)`. */
  async client(send, seed = 1n) {
    const client = await createClient({
      send: (operation, attempt) => send(operation, attempt, this),
      monotonicClock: { now: () => this.#now, waitFor: (nanos) => this.#sleep(nanos) },
      systemClock: { now: () => ({ seconds: this.now / 1_000n, nanoseconds: Number(this.#now % 1_000_000_000n) }) },
      random: { getRandomU64: () => seed },
    });
    const invokeWithRetry = (operation, options) => this.#counted(client.invokeWithRetry(operation, options));
    return { ...client, invokeWithRetry };
  }

  /** The time that an attempt takes. */
  roundTrip(millis) {
    return this.#sleep(BigInt(millis) * NANOS_PER_MILLI);
  }

  async #counted(call) {
    this.#open += 1;
    try {
      return await call;
    } finally {
      this.#open -= 1;
      this.#advance();
    }
  }

  #sleep(nanos) {
    const { promise, resolve } = Promise.withResolvers();
    this.#asleep.push({ until: this.#now + nanos, resolve });
    this.#advance();
    return promise;
  }

  /** Wakes all that are due first, in the order in which they went to sleep. */
  #advance() {
    if (this.#open === 0 || this.#asleep.length < this.#open) return;
    const first = this.#asleep.reduce((least, { until }) => (until < least ? until : least), this.#asleep[0].until);
    const due = this.#asleep.filter(({ until }) => until <= first);
    this.#asleep = this.#asleep.filter(({ until }) => until > first);
    if (first > this.#now) this.#now = first;
    for (const { resolve } of due) resolve();
  }
}
