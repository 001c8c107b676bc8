// What came back, as an answer of the component.

import { wrong } from './arguments.js';

/** More of a body the component does not count (SPEC, section 10). */
const LONGEST_BODY = 16 * 1024 * 1024;

/** What the component reads: refusals of any kind, and the objects of lists; so too what does not say what it is. */
const READABLE = /\b(json|html|plain)\b/i;

/**
 * An HTTP response as an answer. Its body stays readable: a clone is read, where it can be cloned, was not read
 * before, and says that it is text. Without a body only its objects are not counted.
 */
export async function responseAnswer(response) {
  const status = statusOf(response);
  if (status === undefined) throw wrong('response', response, 'an object with a `status` from 0 to 65535');
  const headers = headersOf(response.headers);
  return { tag: 'response', val: { status, headers, body: await bodyOf(response, headers) } };
}

/**
 * The response that an error of an HTTP client carries, as those of axios, ky and got do, or is, as those of octokit
 * and @forge/api are; else undefined. Of a 429 of Forge's proxy, @forge/api keeps no more than status and code.
 */
export function responseIn(error) {
  if (statusOf(error?.response) !== undefined) return error.response;
  if (!(error instanceof Error) || statusOf(error) === undefined) return undefined;
  const headers = error.name === 'PROXY_ERR' ? { 'forge-proxy-error': error.errorCode } : error.headers;
  return { status: statusOf(error), headers };
}

/** A value that an invocation resolved to, or an error that it was rejected with, as JSON text. */
export const resolvedAnswer = (value) => ({ tag: 'resolved', val: jsonOf(value) });
export const rejectedAnswer = (error) => ({ tag: 'rejected', val: jsonOf(error) });

/** An error without any answer. A timeout is told apart, since the server may have acted. */
export function attemptError(error) {
  if (error?.name === 'TimeoutError') return { tag: 'timed-out' };
  return { tag: 'other', val: messageOf(error) };
}

/** Header fields from a `Headers`, a `Map`, pairs, or an object whose values may be lists. */
export function headersOf(headers, name = 'headers') {
  if (headers === undefined || headers === null) return [];
  if (typeof headers !== 'object') throw wrong(name, headers, 'a Headers, a Map, pairs, or an object');
  const fields = [];
  const add = (value, key) => {
    if (value === undefined || value === null) return;
    for (const one of Array.isArray(value) ? value : [value]) fields.push({ name: String(key), value: String(one) });
  };
  if (Array.isArray(headers)) {
    for (const pair of headers) {
      if (!Array.isArray(pair) || pair.length !== 2) throw wrong(name, pair, 'pairs of name and value');
      add(pair[1], pair[0]);
    }
  } else if (typeof headers.forEach === 'function') headers.forEach(add);
  else for (const key of Object.keys(headers)) add(headers[key], key);
  return fields;
}

function statusOf(response) {
  const status = response?.status ?? response?.statusCode;
  return Number.isInteger(status) && status >= 0 && status <= 65_535 ? status : undefined;
}

async function bodyOf(response, headers) {
  const field = (wanted) => headers.find(({ name }) => name.toLowerCase() === wanted)?.value;
  const isReadable =
    READABLE.test(field('content-type') ?? 'plain') && !(Number(field('content-length')) > LONGEST_BODY);
  if (!isReadable || response.bodyUsed || typeof response.clone !== 'function') return new Uint8Array();
  // A body that breaks off breaks for its reader, too, who then hears of it.
  return response
    .clone()
    .arrayBuffer()
    .then(
      (body) => new Uint8Array(body),
      () => new Uint8Array(),
    );
}

function jsonOf(value) {
  const plain = (_, inner) => (inner instanceof Error ? { name: inner.name, message: inner.message, ...inner } : inner);
  try {
    return JSON.stringify(value, plain) ?? 'null';
  } catch {
    return JSON.stringify(clipped(value, DEPTH, new Set())) ?? 'null';
  }
}

/** Limits stand at `error.metadata.rateLimitProperties` at the deepest. */
const DEPTH = 4;

/** What JSON can say of a value that it cannot say as a whole: each object once, and not below this depth. */
function clipped(value, depth, seen) {
  if (typeof value === 'bigint') return String(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth < 0 || seen.has(value)) return undefined;
  seen.add(value);
  const shown = value instanceof Error ? { name: value.name, message: messageOf(value) } : {};
  for (const key of Object.keys(value)) {
    try {
      shown[key] = clipped(value[key], depth - 1, seen);
    } catch {
      // A getter that throws has nothing to say.
    }
  }
  return shown;
}

/** The message of whatever was thrown. */
export function messageOf(error) {
  try {
    return String(error?.message ?? error);
  } catch {
    return 'an error without a message';
  }
}
