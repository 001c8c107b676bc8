// The types as a user's compiler sees them.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

test('a program against the public types compiles, and wrong ones do not', () => {
  const tsc = path('../node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '-p', path('types/tsconfig.json')], {
    encoding: 'utf8',
  });
  assert.deepEqual({ status, stdout }, { status: 0, stdout: '' });
});

test('the types carry the documentation of the wit and no `any`', () => {
  const types = [
    '../dist/types/types.d.ts',
    '../dist/types/limiter.d.ts',
    '../src/index.d.ts',
    '../src/planner.d.ts',
    '../src/component.d.ts',
  ];
  for (const name of types) assert.doesNotMatch(readFileSync(path(name), 'utf8'), /:\s*any\b/, name);
  assert.match(readFileSync(path(types[0]), 'utf8'), /Milliseconds since 1970-01-01T00:00:00Z/);
});
