// The driver: what a JavaScript program calls. It has no policy of its own.

import { count, instant, text, wrong } from './arguments.js';
import { attemptError, rejectedAnswer, resolvedAnswer, responseAnswer, responseIn } from './answer.js';
import { attributesOf } from './attributes.js';
import { drive } from './drive.js';
import { explainOutcome } from './explain.js';
import { anyOperation, invokeOperation, restOperation } from './operation.js';
import { callReader, readDriver } from './options.js';
import { valueOf } from './outcome.js';
import { Limiter } from './planner.js';
import { sendable } from './sendable.js';

/**
 * A limiter with hands, for all calls that share limits: make one per process.
 *
 * @param {import('./index.d.ts').HeadroomOptions} [options]
 * @returns {import('./index.d.ts').Headroom}
 */
export function createHeadroom(options) {
  const driver = readDriver(options);
  const limiter = new Limiter(driver.config, driver.seed);
  const now = () => instant(driver.now(), 'now()');
  const engine = { limiter, now, sleep: driver.sleep, tell: telling(driver.hooks) };
  const read = callReader(driver.defaults);

  async function invokeWithRetry(fn, payload, callOptions) {
    if (typeof fn !== 'function')
      throw wrong('fn', fn, 'the function that invokes once, such as `(payload) => invoke(key, payload)`');
    const call = read(callOptions);
    const operation = invokeOperation(call.functionKey ?? fn.name, call.context);
    return finish(engine, operation, call, async (told) => {
      try {
        const value = await fn(payload, told);
        return { value, answer: resolvedAnswer(value) };
      } catch (error) {
        return { error, answer: rejectedAnswer(error) };
      }
    });
  }

  async function requestWithRetry(request, callOptions) {
    const call = read(callOptions);
    const operation = restOperation(request, undefined, call);
    const send = call.send ?? sendable(request, undefined, driver.fetch);
    return finish(
      engine,
      operation,
      call,
      requesting((told) => send(request, told)),
    );
  }

  async function fetch(input, init) {
    const signal = init?.signal ?? input?.signal;
    const call = read(signal ? { signal } : undefined);
    const operation = restOperation(input, init, call);
    const send = sendable(input, init, driver.fetch);
    return finish(
      engine,
      operation,
      call,
      requesting((told) => send(input, told)),
    );
  }

  return {
    invokeWithRetry,
    requestWithRetry,
    fetch,
    quotaCheck(operation, callOptions) {
      const call = read(callOptions);
      return limiter.quotaCheck(anyOperation(operation, call), call.component, now());
    },
    explain: (what) => explainOutcome(what, now()),
    setUsers(tenant, users) {
      if (text(tenant, 'tenant') === undefined) throw wrong('tenant', tenant, 'a string');
      if (count(users, 'users') === undefined) throw wrong('users', users, 'a whole number, 0 or more');
      limiter.setUsers(tenant, users);
    },
    now,
    status: () => limiter.status(now()),
    save: () => limiter.save(now()),
    restore(saved) {
      if (!(saved instanceof Uint8Array)) throw wrong('saved', saved, 'the `bytes` of `save()`, a Uint8Array');
      limiter.restore(saved, now());
    },
  };
}

/** Carries a call through, tells the hooks how it ended, and gives its value or throws. */
async function finish(engine, operation, call, attempt) {
  const { outcome, last } = await drive(engine, operation, call, attempt);
  const attributes = attributesOf(operation, outcome.attempts);
  try {
    return valueOf(outcome, engine.now(), last);
  } catch (error) {
    const hook = { deferred: 'onDeferred', refused: 'onRefused' }[outcome.ending.tag];
    if (hook) engine.tell(hook, { operation, error, reason: error.reason, attributes });
    throw error;
  }
}

/** An attempt that gives an HTTP response, or throws an error that may carry one. */
const requesting = (send) => async (told) => {
  let value;
  try {
    value = await send(told);
    return { value, answer: await responseAnswer(value) };
  } catch (error) {
    const response = value === undefined ? responseIn(error) : undefined;
    return response ? { error, answer: await responseAnswer(response) } : { error, failure: attemptError(error) };
  }
};

/** Calls a hook, if there is one. What it throws, now or later, is its own affair. */
const telling = (hooks) => (name, event) => {
  try {
    Promise.resolve(hooks[name]?.(event)).catch(() => {});
  } catch {
    // As said.
  }
};
