/**
 * What each stage of a packet's way costs, and all of them together but for the kernel: CPU time
 * per packet in one thread (docs/benchmarking.md).
 *   ./run bench micro [--min-time S] [--repetitions N] [--filter REGEXP] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NOTHING } from './forward/measure.js';
import { readCommandLine } from './forward/options.js';
import { benchDocument } from './forward/report.js';
import { runMicro, type Stage } from './micro/program.js';

/** The whole shard, and its largest part alone. */
const SHARD = 'forward_frames/50';
const PROTECTION = /^protect\/gcm_\w+\/128$/;

const { values } = parseArgs({
  options: {
    'min-time': { type: 'string', default: '0.02' },
    repetitions: { type: 'string', default: '9' },
    filter: { type: 'string', default: '.' },
    json: { type: 'string' },
  },
});
const given = {
  minTimeS: Number(values['min-time']),
  repetitions: Number(values.repetitions),
  filter: values.filter,
};
if (!(given.minTimeS > 0)) throw new Error('--min-time: seconds');
if (!(given.repetitions >= 1)) throw new Error('--repetitions: a number');

/** Needs a run that had both. */
function store(file: string, stages: readonly Stage[], { counts, ns }: Stage): void {
  const { packets_in: packetsIn = 0, packets_out: packetsOut = 0, allocations = 0 } = counts;
  const { options } = readCommandLine([]);
  const sums = { ...NOTHING, packetsIn, packetsOut, cpuUs: (packetsOut * ns) / 1000 };
  const document = {
    ...benchDocument('micro', options, sums),
    path: 'memory',
    work: { subscribers: 50, bytes: 1200, frame: 8, ...given },
    allocations_per_packet: allocations / packetsOut,
    stages: stages.map(({ name, ns: each, repetitions }) => ({ name, ns: each, repetitions })),
  };
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}

const stages = await runMicro(given);
console.log(`${'stage'.padEnd(40)} ns per packet  allocations per packet`);
const byName = new Intl.Collator('en', { numeric: true });
for (const { name, ns, counts } of stages.toSorted((a, b) => byName.compare(a.name, b.name))) {
  const { allocations, packets_out: out } = counts;
  const perPacket = allocations !== undefined && out ? (allocations / out).toFixed(6) : '';
  console.log(`${name.padEnd(40)} ${ns.toFixed(1).padStart(13)}  ${perPacket}`.trimEnd());
}
const shard = stages.find(({ name }) => name === SHARD);
// ipsec-mb comes first, where it works: as the shard chooses.
const protection = stages.find(({ name }) => PROTECTION.test(name));
if (values.json && shard) store(values.json, stages, shard);
if (shard && protection) {
  console.log(
    `${shard.ns.toFixed(0)} ns per packet out through the whole shard, 1 → 50, 1200 B, gcm, no kernel; ` +
      `${protection.ns.toFixed(0)} ns of it for protection (${protection.name})`,
  );
}
