// The driver's own clock and sleep; tests and other hosts pass theirs.

/** The longest that `setTimeout` can wait, in milliseconds; anything above fires at once. */
const LONGEST_TIMEOUT = 2 ** 31 - 1;

/** Milliseconds since 1970. */
export const now = () => Date.now();

/**
 * Waits so many milliseconds, however many. Rejects with the signal's reason once it is aborted.
 *
 * The timer keeps Node alive: somebody awaits it, and a process that ends meanwhile would lose the call silently.
 */
export function sleep(millis, signal) {
  return new Promise((resolve, reject) => {
    let left = millis;
    let timer;
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const wait = () => {
      if (left <= 0) {
        signal?.removeEventListener('abort', abort);
        resolve();
        return;
      }
      const part = Math.min(left, LONGEST_TIMEOUT);
      left -= part;
      timer = setTimeout(wait, part);
    };
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    signal?.addEventListener('abort', abort, { once: true });
    wait();
  });
}

/** What `work` comes to, or the signal's reason as soon as it is aborted; `work` may then end as it likes. */
export async function unlessAborted(work, signal) {
  if (!signal) return work;
  let abort;
  const aborted = new Promise((_, reject) => {
    abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
