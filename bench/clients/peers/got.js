import got from 'got';
import Response from 'responselike';
import { jitter, untilReset } from './retry-after.js';

/** got sends with what its option `request` names. */
async function request(url, { headers }) {
  const response = await fetch(url, { headers });
  const body = new Uint8Array(await response.arrayBuffer());
  const answer = new Response({ statusCode: response.status, headers: Object.fromEntries(response.headers), body, url: String(url) });
  return Object.assign(answer, { rawHeaders: [] });
}

export function raw() {
  // begin raw
  return (call) => got(call.url, { method: call.method, headers: call.headers, request });
  // end raw
}

export function best() {
  // begin best
  const calculateDelay = ({ attemptCount, computedValue }) => computedValue && computedValue + jitter(attemptCount);
  const retry = { limit: 100, methods: ['GET', 'PUT', 'POST', 'DELETE'], backoffLimit: 60_000, calculateDelay };
  const api = got.extend({ retry, request });
  return (call) => api(call.url, { method: call.method, headers: call.headers });
  // end best
}

export function invoked() {
  // begin invoked
  const calculateDelay = ({ attemptCount, computedValue, error }) =>
    computedValue && untilReset(error.response) + jitter(attemptCount, 5_000);
  const retry = { limit: 100, methods: ['GET', 'PUT', 'POST', 'DELETE'], backoffLimit: 60_000, calculateDelay };
  const api = got.extend({ retry, request });
  return (call) => api(call.url, { method: call.method, headers: call.headers });
  // end invoked
}
