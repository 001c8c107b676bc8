import pRetry from 'p-retry';
import pThrottle from 'p-throttle';
import { retryAfter, send, sleep, untilReset } from './retry-after.js';

export function raw() {
  // begin raw
  const throttle = pThrottle({ limit: 2, interval: 1000 });
  return throttle((call) => fetch(call.url, call));
  // end raw
}

export function best({ nodes }) {
  // begin best
  const throttle = pThrottle({ limit: 1, interval: 10 * nodes });
  const throttled = throttle(send);
  const onFailedAttempt = async ({ error }) => {
    if (error.response?.status === 429) await sleep(retryAfter(error.response));
  };
  return (call) => pRetry(() => throttled(call), { retries: 20, minTimeout: 0, onFailedAttempt });
  // end best
}

export function invoked() {
  // begin invoked
  // 300 a second, and a little less, for timers keep to whole milliseconds.
  const second = pThrottle({ limit: 1, interval: 3.34 });
  const minute = pThrottle({ limit: 7_000, interval: 60_000 });
  const throttled = minute(second(send));
  const onFailedAttempt = async ({ error }) => {
    if (error.response?.status === 429) await sleep(untilReset(error.response));
  };
  return (call) => pRetry(() => throttled(call), { retries: 20, minTimeout: 0, onFailedAttempt });
  // end invoked
}
