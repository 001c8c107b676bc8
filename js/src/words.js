// What the component says, for people.

/** The name of the limit; what the server called it, if it is none that is known. */
export const reasonOf = ({ kind }) => (kind.tag === 'other' ? kind.val || 'a limit without a name' : kind.tag);

/** Whose limit it is. */
export function scopeOf({ tag, val }) {
  if (tag === 'app') return 'the app';
  if (tag === 'call') return 'this call alone';
  if (tag === 'endpoint')
    return `${val.method || 'any method'} ${val.template || 'paths without a price'} on ${named(val.tenant)}`;
  if (tag === 'issue') return `issue ${named(val.issue)} on ${named(val.tenant)}`;
  return typeof val === 'string' ? `${tag} ${named(val)}` : tag;
}

const WHYS = {
  'costs-more-than-quota': (points) => `the call costs more than a whole pool of \`${points}\` points: ask for less`,
  'too-many-calls': (most) =>
    `\`${most}\` calls are open, and no more may be: begin fewer at once or raise \`maxCalls\``,
  'attempts-exhausted': (most) => `\`${most}\` attempts were refused: come later, or allow more with \`maxAttempts\``,
  'delay-not-credible': (delay) =>
    `the server named a delay of \`${delay}\` ms, which no known limit can mean: ask it again later`,
  'elapsed-exhausted': (most) =>
    `the call was begun more than \`${most}\` ms ago: begin it anew, or raise \`maxElapsed\``,
  'resume-token-not-valid': (text) => `${text}: begin the call without \`resumeToken\``,
};

/** Why a call was given up, and what can be done. */
export const whyOf = ({ tag, val }) => WHYS[tag]?.(val) ?? String(val ?? tag);

/** An instant as ISO 8601; what lies beyond the calendar as milliseconds. */
export function isoOf(instant) {
  const date = new Date(Number(instant));
  return Number.isNaN(date.getTime()) ? `${instant} ms` : date.toISOString();
}

const named = (name) => (name === '' ? 'without a name' : `\`${name}\``);
