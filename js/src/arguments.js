// What a caller passes, as the component takes it, or a TypeError that names the argument.

const U32_MAX = 2 ** 32 - 1;
const U64_MAX = 2n ** 64n - 1n;

/** @returns {TypeError} one line: which argument, what it is, what to pass */
export const wrong = (name, value, wanted) => new TypeError(`\`${name}\` is ${shown(value)}: pass ${wanted}`);

/** A span of milliseconds, fractions dropped; undefined stays undefined. */
export function span(value, name) {
  return value === undefined ? undefined : millis(value, name, 'milliseconds as a number or bigint, 0 or more');
}

/** An instant: milliseconds since 1970, or a Date. */
export function instant(value, name) {
  const wanted = 'a Date, or milliseconds since 1970 as a number or bigint';
  return millis(value instanceof Date ? value.getTime() : value, name, wanted);
}

/** A whole number that fits 32 bits; undefined stays undefined. */
export function count(value, name) {
  if (value === undefined || (Number.isInteger(value) && value >= 0 && value <= U32_MAX)) return value;
  throw wrong(name, value, 'a whole number, 0 or more');
}

export function text(value, name) {
  if (value === undefined || typeof value === 'string') return value;
  throw wrong(name, value, 'a string');
}

export function flag(value, name) {
  if (value === undefined || typeof value === 'boolean') return value;
  throw wrong(name, value, 'true or false');
}

export function func(value, name) {
  if (value === undefined || typeof value === 'function') return value;
  throw wrong(name, value, 'a function');
}

/** One of these words. */
export const oneOf = (words) => (value, name) => {
  if (value === undefined || words.includes(value)) return value;
  throw wrong(name, value, `one of ${words.map((word) => `\`${word}\``).join(', ')}`);
};

/** An object with these fields and no others, each read by its reader; undefined stays undefined. */
export const record = (readers) => (value, name) => {
  if (value === undefined) return undefined;
  if (value === null || typeof value !== 'object') throw wrong(name, value, 'an object');
  const unknown = Object.keys(value).find((key) => !Object.hasOwn(readers, key));
  if (unknown !== undefined) {
    throw new TypeError(`\`${name || 'options'}\` has no \`${unknown}\`: it takes ${Object.keys(readers).join(', ')}`);
  }
  const read = {};
  for (const key of Object.keys(value)) {
    const field = readers[key](value[key], name === '' ? key : `${name}.${key}`);
    if (field !== undefined) read[key] = field;
  }
  return read;
};

/** An object with all of these fields and no others. */
export const complete = (readers) => (value, name) => {
  const read = record(readers)(value, name);
  const missing = Object.keys(readers).find((key) => read?.[key] === undefined);
  if (missing !== undefined) throw wrong(`${name}.${missing}`, undefined, 'a value: nothing stands for it');
  return read;
};

/** A list of what one reader reads; undefined stays undefined. */
export const list = (reader) => (value, name) => {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw wrong(name, value, 'a list');
  return value.map((item, at) => reader(item, `${name}[${at}]`));
};

export function signalOf(value, name) {
  const isSignal = typeof value?.aborted === 'boolean' && typeof value.addEventListener === 'function';
  if (value == null || isSignal) return value ?? undefined;
  throw wrong(name, value, 'an AbortSignal');
}

function millis(value, name, wanted) {
  const isNumber = typeof value === 'number' && Number.isFinite(value) && value >= 0;
  const whole = isNumber ? BigInt(Math.floor(value)) : value;
  if (typeof whole === 'bigint' && whole >= 0n && whole <= U64_MAX) return whole;
  throw wrong(name, value, wanted);
}

/** A value in a message: short and on one line, whatever it is; text with its quotes, an object by its class. */
function shown(value) {
  let text;
  try {
    if (typeof value === 'string') text = JSON.stringify(value);
    else text = typeof value === 'object' && value !== null ? value.constructor.name : String(value);
  } catch {
    text = typeof value;
  }
  const line = text.replace(/\s+/g, ' ');
  return `\`${line.length > 60 ? `${line.slice(0, 60)}…` : line}\``;
}
