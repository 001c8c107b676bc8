// An example as somebody has it who copied its folder and ran `npm install`.

import { cpSync, mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { packed } from './packed.js';

const JS = fileURLToPath(new URL('../..', import.meta.url));

/** Copies an example into a folder where it finds the packed package and those of Forge. */
export function example(name) {
  const npm = packed();
  const folder = join(npm.folder, name);
  cpSync(join(JS, 'examples', name), folder, { recursive: true });
  symlinkSync(join(JS, 'node_modules/@forge'), join(npm.folder, 'node_modules/@forge'), 'junction');
  mkdirSync(join(npm.folder, 'profile'));
  return { ...npm, root: npm.folder, folder };
}
