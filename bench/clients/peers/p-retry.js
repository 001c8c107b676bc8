import pRetry from 'p-retry';
import { jitter, retryAfter, send, sleep, untilReset } from './retry-after.js';

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

export function invoked() {
  // begin invoked
  const onFailedAttempt = async ({ error, attemptNumber }) => {
    if (error.response?.status === 429) await sleep(untilReset(error.response) + jitter(attemptNumber, 5_000));
  };
  return (call) => pRetry(() => send(call), { retries: 100, minTimeout: 0, onFailedAttempt });
  // end invoked
}
