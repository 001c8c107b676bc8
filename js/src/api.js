// The server side of a Forge app: the functions of @forge/api within the time that a function has, and its queue.

import { oneOf, text, wrong } from './arguments.js';
import { createHeadroom } from './headroom.js';
import { products } from './products.js';

/** How long a function may run (docs/fidelity.md: `resolver-run-secs`, `web-trigger-run-secs`, `long-run-secs`). */
const RUN_MS = { ui: 25_000, 'web-trigger': 55_000, 'async-event': 900_000 };

/** What is left of it for the attempt that is on its way and for the function's own answer. */
const MARGIN_MS = 2_000;

/** The longest delay that a queue takes (`@forge/events`: "must be between 0 and 900"). */
const LONGEST_DELAY_SECONDS = 900;

const runtimeOf = oneOf(Object.keys(RUN_MS));

/**
 * The functions of `@forge/api` that you pass, carried through, under the same names.
 *
 * @param {import('./api.d.ts').ApiFunctions} api `api.asApp()`, `api.asUser()`, or single functions
 * @param {import('./index.d.ts').Headroom} [headroom]
 */
export function wrapApi(api, headroom = createHeadroom()) {
  if (api === null || typeof api !== 'object')
    throw wrong('api', api, 'functions of `@forge/api`, such as `api.asApp()`');
  return {
    ...products(api, headroom),
    headroom,
    within(runtime, handler, { marginMs = MARGIN_MS } = {}) {
      if (runtimeOf(runtime, 'runtime') === undefined) throw wrong('runtime', runtime, 'what calls the function');
      if (typeof handler !== 'function') throw wrong('handler', handler, 'the function to run');
      return async (...parameters) => {
        const end = Number(headroom.now()) + RUN_MS[runtime] - marginMs;
        return handler(bounded(api, headroom, end), ...parameters);
      };
    },
  };
}

/** The same functions; no wait of theirs ends after this instant. */
function bounded(api, headroom, end) {
  const left = () => Math.max(0, end - Number(headroom.now()));
  const deadlineOf = (options) => Math.min(left(), Number(options?.deadline ?? Number.POSITIVE_INFINITY));
  return { ...products(api, headroom, (options) => ({ deadline: deadlineOf(options) })), headroom, leftMs: left };
}

/**
 * Puts what was deferred into a queue of async events, due when it is worth trying again or, if that is later than a
 * queue can delay, as late as it can: whoever takes it out too early is deferred again.
 *
 * @param {import('./api.d.ts').QueueLike} queue of `@forge/events`
 * @param {import('./index.d.ts').DeferredError} error
 * @param {Record<string, unknown>} [body] what the consumer needs to begin the same call again
 */
export function deferToQueue(queue, error, body = {}) {
  if (typeof queue?.push !== 'function') throw wrong('queue', queue, 'a `Queue` of `@forge/events`');
  if (error?.name !== 'DeferredError') throw wrong('error', error, 'the DeferredError of a call');
  const delayInSeconds = Math.min(error.requeueAfterSeconds, LONGEST_DELAY_SECONDS);
  return queue.push({ body: { ...body, headroom: { resumeToken: error.resumeToken } }, delayInSeconds });
}

/**
 * A consumer of that queue: its handler is given the body as it was and the token with which to go on. If it is
 * deferred again, the event goes into the queue again.
 *
 * @param {import('./api.d.ts').QueueLike} queue
 * @param {(event: object, resume: { resumeToken?: string }, ...rest: unknown[]) => unknown} handler
 */
export function consumer(queue, handler) {
  if (typeof handler !== 'function') throw wrong('handler', handler, 'the function that handles an event');
  return async (event, ...rest) => {
    const { headroom, ...body } = event?.body ?? {};
    const resumeToken = typeof headroom?.resumeToken === 'string' ? text(headroom.resumeToken) : undefined;
    try {
      return await handler({ ...event, body }, resumeToken === undefined ? {} : { resumeToken }, ...rest);
    } catch (error) {
      if (error?.name !== 'DeferredError') throw error;
      await deferToQueue(queue, error, body);
      return undefined;
    }
  };
}
