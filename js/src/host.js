// What the component asks of its host, in the shape of WASI 0.3: clocks, and one random number for its seed.

/** The longest that `setTimeout` can wait, in milliseconds; anything above fires at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

const NANOS_PER_MILLI = 1_000_000;

/** `wasi:clocks/monotonic-clock`, as much of it as the component uses. */
export const monotonicClock = {
  now: () => BigInt(Math.round(performance.now() * NANOS_PER_MILLI)),

  /** Never too short: a timer may fire early by the clock that it was set by. */
  async waitFor(nanos) {
    const end = monotonicClock.now() + nanos;
    for (let left = nanos; left > 0n; left = end - monotonicClock.now()) {
      const millis = Math.ceil(Number(left) / NANOS_PER_MILLI);
      await new Promise((resolve) => setTimeout(resolve, Math.min(millis, LONGEST_TIMEOUT)));
    }
  },
};

/** `wasi:clocks/system-clock`, as much of it as the component uses. */
export const systemClock = {
  now() {
    const millis = Date.now();
    const seconds = Math.floor(millis / 1000);
    return { seconds: BigInt(seconds), nanoseconds: (millis - seconds * 1000) * NANOS_PER_MILLI };
  },
};

/** `wasi:random/random`, as much of it as the component uses. */
export const random = {
  getRandomU64: () => crypto.getRandomValues(new BigUint64Array(1))[0],
};
