// The driver decides as the native core does: the same trace of the simulator, byte for byte.
//
// Both programs are built by `cargo build --workspace --bins --examples`, as `cargo xtask test` does before this.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { HEADROOM, missing, REMOTE } from '../support/programs.js';
import { simulate } from '../support/simulated.js';

const skip = missing(HEADROOM, REMOTE);

/** The goldens that are scenarios, and built-in ones; those with variants are compared in their first. */
const GOLDENS = fileURLToPath(new URL('../../../tests/goldens', import.meta.url));
const goldens = readdirSync(GOLDENS).filter((name) => !name.startsWith('bad-'));
const SCENARIOS = [
  ...goldens.map((name) => [name, join(GOLDENS, name, 'scenario.toml'), 1]),
  ['page-sync', 'page-sync', 1],
  ['rush', 'rush', 2],
  ['hot-dashboard', 'hot-dashboard', 1],
  ['permissions-audit', 'permissions-audit', 2],
  ['graphql-report', 'graphql-report', 1],
  ['svg-macro', 'svg-macro', 1],
];

test('the corpus is there', { skip }, () => assert.ok(goldens.length >= 7, String(goldens)));

for (const [name, scenario, seed] of SCENARIOS) {
  test(`the driver leaves the native trace: ${name}`, { skip, timeout: 120_000 }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headroom-trace-'));
    try {
      const [ours, theirs] = ['ours', 'theirs'].map((name) => join(folder, name));
      const options = ['--strategy', 'headroom-native', '--seed', String(seed), '--trace', theirs];
      const { status, stderr } = spawnSync(HEADROOM, ['simulate', scenario, ...options], { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      await simulate(REMOTE, scenario, seed, 'headroom-native', ours);
      assertSame(readFileSync(ours, 'utf8'), readFileSync(theirs, 'utf8'));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** Says where two traces part, for a diff of megabytes helps nobody. The native one goes on with the variants. */
function assertSame(ours, theirs) {
  const lines = ours.split('\n');
  assert.ok(lines.length > 100, 'next to nothing happened');
  if (theirs.startsWith(ours)) return;
  const others = theirs.split('\n');
  const at = lines.findIndex((line, index) => line !== others[index]);
  const hint = `line ${at}; are dist and programs of one source?`;
  assert.deepEqual(lines.slice(at - 3, at + 1), others.slice(at - 3, at + 1), hint);
}
