// ./run bench WHAT: builds, then runs bench/WHAT. The headline figure is the last line printed.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { buildBench, prepare } from './prepare.mjs';
import { command, root } from './steps.mjs';

const known = [
  'join',
  'forward',
  'ideal',
  'switches',
  'micro',
  'gate',
  'peers',
  'allocation',
  'adaptation',
  'rmcat',
  'scale',
  'churn',
  'memory',
  'control',
  'sink',
  'placement',
  'sockets',
  'failover',
  'recorder',
];

/** Those that run native programs of bench/. */
const withPrograms = [
  ...['forward', 'ideal', 'switches', 'micro', 'gate', 'peers', 'scale', 'churn'],
  'recorder',
];

/** Two cases of ten minutes each, and what is around them. */
const limitSeconds = (what) => (what === 'recorder' ? 3600 : 1200);

export async function bench([what, ...args]) {
  if (!known.includes(what)) throw new Error(`./run bench needs one of: ${known.join(' ')}`);
  await prepare('test');
  if (withPrograms.includes(what)) await buildBench();
  // With `--janus` the operator has one, or wants none.
  if (what === 'peers' && !args.includes('--janus')) await ensurePackages('peers');
  const file = join('out', 'bench', `${what}.js`);
  if (!existsSync(join(root, file))) throw new Error(`${file} was not built`);
  // A bench that runs a node runs it as ./run start does.
  const flags = readFileSync(join(root, 'tools', 'run', 'server-flags'), 'utf8').split(/\s+/);
  const line = ['node', ...flags.filter(Boolean), file, ...args];
  await command(`bench ${what}`, line, { limitSeconds: limitSeconds(what) });
}
