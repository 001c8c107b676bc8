// What the driver costs, beside what people use, in one run: `npm run bench -- [CALLS]`.
//
// All of them carry the same calls through, which are answered at once, so their own work is what is measured. Only
// ours counts what the calls cost; the others are told a number, or go by headers, or try again.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CLIENTS, FUNCTIONS } from './peers.mjs';

const CALLS = Number(process.argv[2] ?? 2_000);
if (!Number.isSafeInteger(CALLS) || CALLS < 1) refuse(`\`${process.argv[2]}\` is no number of calls: pass 1 or more`);

/** What takes turns is so short that it needs more of them to get warm. */
const TURNS = 10 * CALLS;

/** The Node that runs npm, as in test/run.mjs: within npm's scripts `node` is Node 24. */
const NODE = process.env.npm_node_execpath || process.execPath;
const ONE = fileURLToPath(new URL('one.mjs', import.meta.url));

/** One figure of one.mjs, from a fresh process. */
function measured(...what) {
  const { status, stdout, stderr } = spawnSync(NODE, [ONE, ...what], { encoding: 'utf8', timeout: 120_000 });
  if (status !== 0) refuse(`\`${what.join(' ')}\` has not ended well: ${stderr?.trim().split('\n')[0] || 'no answer'}`);
  return JSON.parse(stdout);
}

function refuse(message) {
  process.stderr.write(`error: ${message}\n`);
  process.exit(2);
}

function versioned(name) {
  const manifest = new URL(`../node_modules/${name}/package.json`, import.meta.url);
  return `${name} ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
}

const row = (what, ...cells) => console.log(`  ${what.padEnd(75)}${cells.join('')}`);
const cell = (figure, unit) => `${figure.toFixed(1).padStart(8)} ${unit}`;

function compared(figure, peers) {
  for (const [peer, { packages = [] }] of Object.entries(peers)) {
    const what = packages.length === 0 ? peer : `${peer} (${packages.map(versioned).join(', ')})`;
    const { micros, millis } = measured(figure, CALLS, peer);
    row(what, cell(micros, 'µs'), cell(millis, 'ms'));
  }
}

const middle = (figures) => figures.sort((a, b) => a - b)[Math.floor(figures.length / 2)];
const version = spawnSync(NODE, ['--version'], { encoding: 'utf8' }).stdout.trim();

console.log(`Node ${version}, ${CALLS} calls at once: processor time of one, time until all are done; best of 5`);
console.log('around a function:');
compared('functions', FUNCTIONS);
console.log('HTTP clients, over a `fetch` that answers at once:');
compared('clients', CLIENTS);
console.log(`ours alone, ${TURNS} calls one after the other:`);
row('quotaCheck (to reach: 5 µs)', cell(measured('quotaCheck', TURNS).micros, 'µs'));
row('of which the component and its bindings', cell(measured('planner', TURNS).micros, 'µs'));
const starts = Array.from({ length: 9 }, () => measured('firstDecision', 1).millis);
row('import to first decision, median of 9 processes (to reach: 60 ms)', cell(middle(starts), 'ms'));
