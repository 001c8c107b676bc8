import pRetry from 'p-retry';
import { retryAfter, send, sleep } from './retry-after.js';

export function raw() {
  // begin raw
  return (call) => pRetry(() => send(call), { retries: 5 });
  // end raw
}

export function best() {
  // begin best
  const onFailedAttempt = async ({ error }) => {
    if (error.response?.status === 429) await sleep(retryAfter(error.response));
  };
  const options = { retries: 100, minTimeout: 100, maxTimeout: 60_000, randomize: true, onFailedAttempt };
  return (call) => pRetry(() => send(call), options);
  // end best
}
