// `headroom serve` whose clock is moved by hand: a wait moves it, and nobody sleeps.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { HEADROOM } from './programs.js';

const START = '2026-02-02T12:20:00Z';

/** Starts a server with these limits, as TOML; `stop` ends it. */
export async function serve(limits) {
  const folder = mkdtempSync(join(tmpdir(), 'headroom-serve-'));
  const file = join(folder, 'limits.toml');
  writeFileSync(file, limits);
  const options = ['--port', '0', '--print-url', '--clock', 'manual', '--start', START];
  const server = spawn(HEADROOM, ['serve', file, ...options], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [url] = await once(createInterface({ input: server.stdout }), 'line');
  let now = Date.parse(START);
  const advance = async (millis) => {
    const body = JSON.stringify({ advance: `${millis} ms` });
    const { status } = await fetch(`${url}/_headroom/clock`, { method: 'POST', body });
    if (status !== 200) throw new Error(`the clock says ${status}`);
    now += millis;
  };
  const told = async (what) => (await fetch(`${url}/_headroom/${what}`)).json();
  const stop = async () => {
    server.kill();
    await once(server, 'close');
    rmSync(folder, { recursive: true });
  };
  return { url, advance, told, stop, clock: { now: () => now, sleep: advance } };
}
