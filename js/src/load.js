/**
 * A core module from its base64 text. No file is loaded, so bundlers and browsers need nothing for it.
 *
 * @param {Record<string, string>} modules core modules by name
 * @returns {(name: string) => WebAssembly.Module}
 */
export function loader(modules) {
  return (name) => new WebAssembly.Module(decode(modules[name]));
}

function decode(base64) {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i += 1) bytes[i] = text.charCodeAt(i);
  return bytes;
}
