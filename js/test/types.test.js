// The types as a user's compiler sees them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

for (const [project, what] of [
  ['types', 'the public types'],
  ['types/forge', 'the adapters and the real packages of Forge'],
]) {
  test(`a program against ${what} compiles, and wrong ones do not`, () => {
    const tsc = path('../node_modules/typescript/bin/tsc');
    const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', path(`${project}/tsconfig.json`)], {
      encoding: 'utf8',
    });
    assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
  });
}

test('the types carry the documentation of the wit and no `any`', () => {
  const ours = readdirSync(path('../src')).filter((name) => name.endsWith('.d.ts'));
  assert.ok(ours.length >= 7, String(ours));
  const types = ['../dist/types/types.d.ts', '../dist/types/limiter.d.ts', ...ours.map((name) => `../src/${name}`)];
  for (const name of types) assert.doesNotMatch(readFileSync(path(name), 'utf8'), /[:<|=]\s*any\b/, name);
  assert.match(readFileSync(path(types[0]), 'utf8'), /Milliseconds since 1970-01-01T00:00:00Z/);
});
