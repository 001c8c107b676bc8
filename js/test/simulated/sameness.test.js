// The driver decides as the native core does: the same trace of the simulator, byte for byte, over the whole corpus.
//
// Some runs take hours, so of each trace the beginning is compared: `HEADROOM_TRACE_BYTES` says how much of it, and
// `all` means to the end. The programs are built by `cargo build --workspace --bins --examples`, as `cargo xtask test`
// does before this.

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

const ASKED = process.env.HEADROOM_TRACE_BYTES || '1000000';
const timeout = ASKED === 'all' ? undefined : 120_000;
const BYTES = ASKED === 'all' ? Number.MAX_SAFE_INTEGER : Number(ASKED);

/** The goldens that are scenarios, and all that come with the simulator, in each variant. */
const GOLDENS = fileURLToPath(new URL('../../../tests/goldens', import.meta.url));
const goldens = readdirSync(GOLDENS).filter((name) => !name.startsWith('bad-'));
const listed = skip ? '' : spawnSync(HEADROOM, ['scenario', 'list'], { encoding: 'utf8' }).stdout;
const builtin = [...listed.matchAll(/^ *([a-z][^ \n]*)/gm)].map(([, name]) => name);
const SCENARIOS = [
  ...goldens.map((name) => [name, join(GOLDENS, name, 'scenario.toml')]),
  ...builtin.map((name) => [name, name]),
];

test('the corpus is there', { skip }, () => {
  assert.ok(goldens.length >= 7, String(goldens));
  assert.ok(builtin.length >= 32 && builtin.includes('bad-day') && builtin.includes('rush/strangers'), String(builtin));
  assert.ok(BYTES > 0, `HEADROOM_TRACE_BYTES is \`${ASKED}\`: a number of bytes, or \`all\``);
});

for (const [at, [name, scenario]] of SCENARIOS.entries()) {
  test(`the driver leaves the native trace: ${name}`, { skip, timeout }, async () => {
    const folder = mkdtempSync(join(tmpdir(), 'headroom-trace-'));
    try {
      const [ours, theirs] = ['ours', 'theirs'].map((name) => join(folder, name));
      const seed = at + 1;
      const asked = [scenario, String(seed), 'headroom-native', theirs, String(BYTES), 'native'];
      const { status, stderr } = spawnSync(REMOTE, asked, { encoding: 'utf8' });
      assert.equal(status, 0, stderr);
      await simulate(REMOTE, scenario, seed, 'headroom-native', ours, BYTES);
      assertSame(readFileSync(ours), readFileSync(theirs));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

/** Says where two traces part, for a diff of megabytes helps nobody. */
function assertSame(ours, theirs) {
  assert.ok(theirs.length > 5_000, 'next to nothing happened');
  if (ours.equals(theirs)) return;
  const at = ours.findIndex((byte, index) => byte !== theirs[index]);
  const around = (trace) => trace.subarray(Math.max(0, at - 300), at + 200).toString();
  assert.equal(around(ours), around(theirs), `byte ${at}; are dist and programs of one source?`);
  assert.equal(ours.length, theirs.length, 'one of them goes on');
}
