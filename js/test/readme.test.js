// Every program in the README runs and prints what the README says.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { NODE_24 } from './support/node-24.js';

const JS = fileURLToPath(new URL('..', import.meta.url));
const PROGRAM = /```js( component)?\n(.*?)```\n+```text\n(.*?)```/gs;

const programs = [...readFileSync(join(JS, 'README.md'), 'utf8').matchAll(PROGRAM)].map(([, world, code, prints]) => ({
  node: world ? NODE_24 : process.execPath,
  code,
  prints,
}));

for (const [index, { node, code, prints }] of programs.entries()) {
  const skip = existsSync(node) ? false : `there is no \`${node}\`; \`npm ci\` brings it`;
  test(`program ${index + 1} of the readme prints what the readme says`, { skip }, () => {
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

test('the readme has a program for each world, the first call in about 20 lines', () => {
  assert.equal(programs.length, 2);
  assert.ok(programs[0].code.trim().split('\n').filter(Boolean).length <= 24);
});

test('the readme tells nobody to install a package that is not ours', () => {
  const readme = readFileSync(join(JS, 'README.md'), 'utf8');
  assert.doesNotMatch(readme, /npm (i|install|add) [^\n]*headroom(?!-forge)/);
  assert.match(readme, /Not published yet/);
});
