/** A configuration that was not taken: which field is wrong, and which range is allowed. */
export class ConfigError extends RangeError {
  /** @param {{ field: string, message: string }} error as in the WIT, where names are in kebab-case */
  constructor({ field, message }) {
    super(message.replace(`\`${field}\``, `\`${camelCase(field)}\``));
    this.name = 'ConfigError';
    this.field = camelCase(field);
  }
}

/** A saved state that was not taken: what is wrong with it. */
export class StateError extends Error {
  /** @param {{ fault: string, message: string }} error as in the WIT */
  constructor({ fault, message }) {
    super(message);
    this.name = 'StateError';
    this.fault = fault;
  }
}

/**
 * An error of the bindings as what it means: a refused configuration is a `ConfigError`, a refused state a `StateError`.
 *
 * @param {unknown} error
 */
export function named(error) {
  if (typeof error?.payload?.fault === 'string') return new StateError(error.payload);
  return typeof error?.payload?.field === 'string' ? new ConfigError(error.payload) : error;
}

/**
 * A function of the bindings, or a method, that throws named errors.
 *
 * @template {Function} F
 * @param {F} work
 * @returns {F}
 */
export function naming(work) {
  return function (...parameters) {
    try {
      return work.apply(this, parameters);
    } catch (error) {
      throw named(error);
    }
  };
}

const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
