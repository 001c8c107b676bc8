import axios from 'axios';
import axiosRetry from 'axios-retry';
import { jitter, untilReset } from './retry-after.js';

/** Axios sends with its own adapter for `fetch`. */
const client = () => axios.create({ adapter: 'fetch', env: { fetch, Request, Response } });

export function raw() {
  const api = client();
  // begin raw
  axiosRetry(api, { retries: 3, retryCondition: (error) => error.response?.status === 429 });
  return (call) => api(call);
  // end raw
}

export function best() {
  const api = client();
  // begin best
  axiosRetry(api, {
    retries: 100,
    retryCondition: (error) => axiosRetry.isNetworkOrIdempotentRequestError(error) || error.response?.status === 429,
    // Not `exponentialDelay`: that adds up to a fifth of what `Retry-After` says.
    retryDelay: (count, error) => axiosRetry.linearDelay(0)(count, error) + jitter(count),
    shouldResetTimeout: true,
  });
  return (call) => api(call);
  // end best
}

export function invoked() {
  const api = client();
  // begin invoked
  axiosRetry(api, {
    retries: 100,
    retryCondition: (error) => error.response?.status === 429,
    retryDelay: (count, error) => untilReset(error.response) + jitter(count, 5_000),
    shouldResetTimeout: true,
  });
  return (call) => api(call);
  // end invoked
}
