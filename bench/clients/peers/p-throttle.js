import pRetry from 'p-retry';
import pThrottle from 'p-throttle';
import { retryAfter, send, sleep } from './retry-after.js';

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
