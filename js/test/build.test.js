// What `npm run build` says when it cannot.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

function build(components) {
  const program = fileURLToPath(new URL('../build.mjs', import.meta.url));
  const env = { ...process.env, HEADROOM_COMPONENTS: components };
  const { status, stdout, stderr } = spawnSync(process.execPath, [program], { env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

test('a missing component is one line with its path and the next step, and exit code 2', () => {
  const { status, stdout, stderr } = build('/no/such/folder');
  assert.match(
    stderr,
    /^error: no component at `\/no\/such\/folder\/headroom-planner\.wasm`: run `cargo xtask build-guest`\n$/,
  );
  assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
});

test('a file that is no component is one line with its path and the next step, and exit code 2', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-'));
  try {
    for (const world of ['planner', 'client']) writeFileSync(join(folder, `headroom-${world}.wasm`), 'not wasm');
    const { status, stdout, stderr } = build(folder);
    assert.match(
      stderr,
      /^error: `[^`]+headroom-planner\.wasm` is not a component that jco reads \([^\n]+\): run `cargo xtask build-guest`\n$/,
    );
    assert.deepEqual({ status, stdout }, { status: 2, stdout: '' });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
