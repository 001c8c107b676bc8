// `npm test`: the package under the Node that runs npm, then everything under Node 24 from npm.
//
// `node` alone would not do: within npm's scripts it means node_modules/.bin/node, which is Node 24.

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NODE_24 } from './support/node-24.js';

const HERE = dirname(fileURLToPath(import.meta.url));
const NODE = process.env.npm_node_execpath || process.execPath;

const tests = (folder) =>
  readdirSync(join(HERE, folder))
    .filter((name) => name.endsWith('.test.js'))
    .map((name) => join(HERE, folder, name));

function run(node, files) {
  // As `cargo xtask test` does for the Rust tests; without it each run draws other cases.
  const env = { PROPTEST_RNG_SEED: '1', ...process.env };
  const { status, error } = spawnSync(node, ['--test', ...files], { stdio: 'inherit', cwd: join(HERE, '..'), env });
  if (error) process.stderr.write(`error: cannot run \`${node}\`: ${error.message}\n`);
  return status === 0;
}

if (!existsSync(join(HERE, '../dist'))) {
  process.stderr.write('error: there is no `dist`: run `npm run build`\n');
  process.exit(2);
}
// Without Node 24 the client's tests skip themselves and say why.
const newer = existsSync(NODE_24) ? NODE_24 : undefined;
const results = [
  run(NODE, [...tests('.'), ...tests('simulated')]),
  run(newer ?? NODE, [...(newer ? tests('.') : []), ...tests('component')]),
];
process.exit(results.every(Boolean) ? 0 : 1);
