/** A configuration that was not taken: which field is wrong, and which range is allowed. */
export class ConfigError extends RangeError {
  /** @param {{ field: string, message: string }} error as in the WIT, where names are in kebab-case */
  constructor({ field, message }) {
    super(message.replace(`\`${field}\``, `\`${camelCase(field)}\``));
    this.name = 'ConfigError';
    this.field = camelCase(field);
  }
}

/**
 * An error of the bindings as what it means: a refused configuration is a `ConfigError`.
 *
 * @param {unknown} error
 */
export function named(error) {
  return typeof error?.payload?.field === 'string' ? new ConfigError(error.payload) : error;
}

const camelCase = (name) => name.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
