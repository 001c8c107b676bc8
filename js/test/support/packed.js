// The package as it would be published: packed, and unpacked where a program finds it.

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const JS = fileURLToPath(new URL('../..', import.meta.url));

/** Packs it into a folder of its own, whose `node_modules` has it. Remove the folder with `remove`. */
export function packed() {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-packed-'));
  const [{ filename, files }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', folder], JS),
  );
  const tarball = join(folder, filename);
  run('tar', ['-xzf', tarball], folder);
  mkdirSync(join(folder, 'node_modules'));
  renameSync(join(folder, 'package'), join(folder, 'node_modules/headroom-forge'));
  return {
    folder,
    installed: join(folder, 'node_modules/headroom-forge'),
    tarball: new Uint8Array(readFileSync(tarball)),
    // What a run of the tests beside this one writes there.
    files: files.map(({ path }) => path).filter((path) => !path.startsWith('dist/readme-')),
    remove: () => rmSync(folder, { recursive: true }),
  };
}

function run(program, parameters, cwd) {
  const shell = process.platform === 'win32';
  const { status, stdout, stderr, error } = spawnSync(program, parameters, { cwd, encoding: 'utf8', shell });
  if (status !== 0) throw new Error(`\`${program}\` failed: ${error?.message ?? stderr}`);
  return stdout;
}
