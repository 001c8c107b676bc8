// Every JavaScript program in this package's README and in the repository's runs and prints what is said there.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NODE_24 } from './support/node-24.js';

const JS = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = /```js( component)?\n(.*?)```\n+```text\n(.*?)```/gs;

function programsOf(readme) {
  const found = [...readFileSync(join(JS, readme), 'utf8').matchAll(PROGRAM)];
  return found.map(([, world, code, prints], index) => ({
    name: `program ${index + 1} of ${readme}`,
    node: world ? NODE_24 : process.execPath,
    code,
    prints,
  }));
}

const programs = programsOf('README.md');
const everywhere = [...programs, ...programsOf('../README.md')];

for (const { name, node, code, prints } of everywhere) {
  const skip = existsSync(node) ? false : `there is no \`${node}\`; \`npm ci\` brings it`;
  test(`${name} prints what the readme says`, { skip }, () => {
    // Within the package, so that it may import itself by name.
    const folder = mkdtempSync(join(JS, 'dist/readme-'));
    try {
      const program = join(folder, 'program.mjs');
      writeFileSync(program, code);
      const server = new URL('./support/refusing-fetch.js', import.meta.url).href;
      const { status, stdout, stderr } = spawnSync(node, ['--import', server, program], { encoding: 'utf8' });
      assert.equal(stderr, '');
      assert.deepEqual({ status, stdout }, { status: 0, stdout: prints });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('the readme has programs for driver, adapters and worlds, the first call in 20 lines', () => {
  assert.deepEqual([programs.length, everywhere.length], [8, 9]);
  assert.ok(programs[0].code.trim().split('\n').filter(Boolean).length <= 20);
});

test('the readme tells nobody to install a package that is not ours', () => {
  const readme = readFileSync(join(JS, 'README.md'), 'utf8');
  assert.doesNotMatch(readme, /npm (i|install|add) [^\n]*headroom(?!-forge)/);
  assert.match(readme, /Not published yet/);
});
