// What is in the package, and what it asks of its surroundings.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { modules } from '../dist/planner/modules.js';
import { loader } from '../src/load.js';

const JS = fileURLToPath(new URL('..', import.meta.url));
const read = (name) => readFileSync(join(JS, name), 'utf8');
/** What a program loads that imports this file. */
function loaded(name, found = new Set()) {
  if (found.has(name)) return found;
  found.add(name);
  const imports = read(name).matchAll(/^(?:import|export)\s[^;]*?\sfrom\s+'(\.[^']+)'/gm);
  for (const [, from] of imports) loaded(join(dirname(name), from), found);
  return found;
}
const MAIN = [...loaded('src/index.js')];

test('the planner imports no function but the bookkeeping of its own resources', () => {
  const [core, ...helpers] = Object.keys(modules).map((name) => WebAssembly.Module.imports(loader(modules)(name)));
  for (const { module, name } of core) {
    assert.equal(module, '[export]headroom:forge/limiter@0.1.0');
    assert.match(name, /^\[resource-(new|drop)\](call|limiter)$/);
  }
  // The helpers that jco adds tie the destructors of those resources together.
  for (const { module } of helpers.flat()) assert.match(module, /^(actual|shim)$/);
});

test('planner and driver load nothing: no other package, no file, no address', () => {
  for (const name of MAIN) {
    const code = read(name).replace(/\/\*\*.*?\*\//gs, '');
    const imported = [...code.matchAll(/^\s*(?:import|export)\s[^;]*?\sfrom\s+'([^']+)'/gm)].map(([, from]) => from);
    for (const from of imported) assert.match(from, /^\.\.?\//, name);
    assert.doesNotMatch(code, /\bimport\(|\brequire\(|\bimport\.meta\b|['"]node:/, name);
  }
});

test('the planner runs where there is nothing of node: only WebAssembly, text coding and atob', () => {
  const program = fileURLToPath(new URL('./support/bare.js', import.meta.url));
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    ['--no-warnings', '--experimental-vm-modules', program],
    { encoding: 'utf8' },
  );
  assert.deepEqual({ status, stdout, stderr }, { status: 0, stdout: 'send 1\n', stderr: '' });
});

test('the client bindings leave no address for bundlers to follow', () => {
  for (const name of readdirSync(join(JS, 'dist/component'))) {
    assert.doesNotMatch(read(`dist/component/${name}`), /\bimport\.meta\b|['"]node:/, name);
  }
});

test('planner, driver and client read nothing of the environment', () => {
  const client = loaded('src/component.js');
  for (const name of [...MAIN, ...client]) assert.doesNotMatch(read(name), /\bprocess\b\??\.env\b/, name);
});

test('planner and driver are at most 600 KiB, 220 KiB compressed', (context) => {
  const whole = MAIN.map(read).join('');
  const kib = (length) => `${(length / 1024).toFixed(1)} KiB`;
  context.diagnostic(`planner and driver: ${kib(whole.length)}, ${kib(gzipSync(whole).length)} gzip`);
  assert.ok(whole.length <= 600 * 1024, `${whole.length} bytes`);
  assert.ok(gzipSync(whole).length <= 220 * 1024, `${gzipSync(whole).length} bytes compressed`);
});

test('the package has no runtime dependencies', () => {
  const manifest = JSON.parse(read('package.json'));
  for (const kind of ['dependencies', 'peerDependencies', 'optionalDependencies'])
    assert.equal(manifest[kind], undefined);
});

test('the lock file names no registry', () => {
  assert.doesNotMatch(read('package-lock.json'), /"resolved"/);
});
