import { fileURLToPath } from 'node:url';

/** Node 24 as the npm package `node` brings it; there if its install script ran. */
export const NODE_24 = fileURLToPath(
  new URL(`../../node_modules/node/bin/node${process.platform === 'win32' ? '.exe' : ''}`, import.meta.url),
);
