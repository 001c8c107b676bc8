// Options of the driver and of one call, split into what the component takes and what the driver needs itself.

import { complete, count, flag, func, list, oneOf, record, signalOf, span, text, wrong } from './arguments.js';
import { defaultConfig } from './planner.js';
import * as time from './time.js';

const COUNTED = ['app', 'account', 'environment', 'installation', 'user'];

const CONFIG = {
  quota: count,
  pool: oneOf(['global', 'per-tenant']),
  burst: record({ perSecond: count, capacity: count }),
  invocations: oneOf(['forge-current', 'forge-rfc130', 'forge-sep2026']),
  maxAttempts: count,
  maxElapsed: span,
  jitter: span,
  backoff: span,
  maxCalls: count,
  nodes: count,
  retryBudget: count,
  tenantCap: record({ base: count, perUser: count, most: count }),
  userCap: count,
  windows: list(complete({ per: oneOf(COUNTED), limit: count, span })),
};

const TRIGGERS = [
  'ui',
  'web-trigger',
  'workflow',
  'adf-export',
  'jql-function',
  'scheduled',
  'product-event',
  'async-event',
];

const contextOf = record({ installation: text, account: text, environment: text, trigger: oneOf(TRIGGERS) });

const CALL = {
  deadline: span,
  maxAttempts: count,
  idempotent: flag,
  runtime: oneOf(['ui', 'web-trigger', 'async-event']),
  resumeToken: text,
  priority: oneOf(['interactive', 'background']),
  user: text,
  retryUnsafe: flag,
};

/** What the driver itself needs for a call. */
const DRIVER_CALL = { signal: signalOf, tenant: text, functionKey: text, context: contextOf, send: func };

const HOOKS = ['onWait', 'onDeferred', 'onRefused'];

/** Whose invocation it is if nobody says. */
const ANYBODY = { installation: '', environment: 'production', trigger: 'ui' };

const callOptions = record({ ...CALL, ...DRIVER_CALL });

const driverOptions = record({
  ...CONFIG,
  now: func,
  sleep: func,
  fetch: func,
  seed: seedOf,
  defaults: callOptions,
  ...Object.fromEntries(HOOKS.map((hook) => [hook, func])),
});

/** Options of `createHeadroom`, checked, with defaults for what was left out. */
export function readDriver(options = {}) {
  const read = driverOptions(options, '');
  const config = { ...defaultConfig(), ...pick(read, CONFIG) };
  // Bursts can be switched off, which is not the same as leaving them out.
  if (Object.hasOwn(options, 'burst') && options.burst === undefined) config.burst = undefined;
  return {
    config,
    seed: read.seed ?? crypto.getRandomValues(new BigUint64Array(1))[0],
    now: read.now ?? time.now,
    sleep: read.sleep ?? time.sleep,
    fetch: read.fetch ?? ((...parameters) => globalThis.fetch(...parameters)),
    hooks: Object.fromEntries(HOOKS.map((hook) => [hook, read[hook]])),
    defaults: read.defaults ?? {},
  };
}

/** A reader for the options of one call, over these defaults: those of the component apart from the driver's own. */
export function callReader(defaults) {
  const read = (options) => {
    const all = { ...defaults, ...options };
    const context = { ...ANYBODY, ...defaults.context, ...options.context };
    return { ...pick(all, DRIVER_CALL), context, component: pick(all, CALL) };
  };
  const usual = read({});
  return (options) => (options === undefined ? usual : read(callOptions(options, 'options')));
}

function seedOf(value, name) {
  if (value === undefined) return undefined;
  const isWhole = typeof value === 'bigint' || Number.isSafeInteger(value);
  if (!isWhole || value < 0) throw wrong(name, value, 'a whole number or bigint, 0 or more');
  return BigInt.asUintN(64, BigInt(value));
}

/** Those of the fields that have one of these keys. It runs for each call: no lists in between. */
function pick(from, keys) {
  const some = {};
  for (const key of Object.keys(from)) if (Object.hasOwn(keys, key)) some[key] = from[key];
  return some;
}
