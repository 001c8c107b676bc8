// What a limiter knows, kept in Forge's storage: a function forgets everything between two invocations.

import { func, text, wrong } from './arguments.js';
import { merge } from './planner.js';

/**
 * Memory in `@forge/kvs`. Whatever goes wrong with it is told to `onLost` and breaks no call: without memory, a limiter
 * begins as a new one does.
 *
 * @param {import('./index.d.ts').Headroom} headroom
 * @param {import('./kvs.d.ts').KvsLike} kvs
 * @param {import('./kvs.d.ts').MemoryOptions} [options]
 */
export function createMemory(headroom, kvs, { key = 'headroom', onLost } = {}) {
  if (typeof headroom?.save !== 'function') throw wrong('headroom', headroom, 'what `createHeadroom` gave');
  if (typeof kvs?.get !== 'function' || typeof kvs.set !== 'function')
    throw wrong('kvs', kvs, 'the `kvs` of `@forge/kvs`');
  text(key, 'key');
  func(onLost, 'onLost');
  const guarded = (work) => async () => {
    try {
      return await work();
    } catch (error) {
      lost(onLost, error);
      return false;
    }
  };
  const load = guarded(async () => {
    const stored = decoded(await kvs.get(key));
    // With calls open, a warm instance knows more than the storage; `store` merges the two.
    if (!stored || headroom.status().openCalls > 0) return false;
    headroom.restore(stored);
    return true;
  });
  const store = guarded(async () => {
    const { bytes } = headroom.save();
    const merged = joined(decoded(await kvs.get(key)), bytes, headroom.now(), onLost);
    if (merged) await kvs.set(key, encoded(merged));
    return merged !== undefined;
  });
  const around =
    (handler) =>
    async (...parameters) => {
      await load();
      try {
        return await handler(...parameters);
      } finally {
        await store();
      }
    };
  return { load, store, around };
}

/** Grants no more than either. What cannot be read is replaced, but for what a newer version has written. */
function joined(stored, bytes, now, onLost) {
  if (!stored) return bytes;
  try {
    return merge(stored, bytes, now).bytes;
  } catch (error) {
    lost(onLost, error);
    return error.fault === 'newer-version' ? undefined : bytes;
  }
}

function lost(onLost, error) {
  try {
    onLost?.(error);
  } catch {
    // What a hook throws is its own affair.
  }
}

function encoded(bytes) {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

/** What is stored, or nothing where there is nothing; what is no base64 is bytes that `restore` refuses. */
function decoded(value) {
  if (value === undefined || value === null) return undefined;
  try {
    return Uint8Array.from(atob(String(value)), (letter) => letter.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}
