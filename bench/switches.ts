/**
 * What runs of equal packets (UDP_SEGMENT) and the batch cipher save, of the whole node: for each of the two
 * the same load into two nodes in turn, one with it, one without (docs/benchmarking.md).
 *   ./run bench switches [--OPTION VALUE of forward …] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { combine, type Measurement, measure, NOTHING } from './forward/measure.js';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { benchDocument, median } from './forward/report.js';
import { World } from './forward/world.js';

interface Switch {
  name: string;
  off: Partial<ForwardOptions>;
  /** What the node without it can take, so that it has much to do and keeps up. */
  rate: number;
}

const SWITCHES: readonly Switch[] = [
  { name: 'gso', off: { gso: 'off' }, rate: 3000 },
  { name: 'crypto', off: { crypto: 'openssl' }, rate: 7000 },
];

interface Turn {
  on: Measurement;
  off: Measurement;
}

async function takeTurns(options: ForwardOptions, off: Partial<ForwardOptions>): Promise<Turn[]> {
  const place = openPlace(options);
  const worlds = [new World(options, place), new World({ ...options, ...off }, place)] as const;
  const [withIt, without] = worlds;
  try {
    for (const world of worlds) await world.open();
    const turns: Turn[] = [];
    while (turns.length < options.pairs) {
      turns.push({
        on: await measure(withIt, 'node', options.seconds),
        off: await measure(without, 'node', options.seconds),
      });
    }
    return turns;
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
    place.close();
  }
}

const ratiosOf = (turns: readonly Turn[]) =>
  turns.map(({ on, off }) => on.usPerPacket / off.usPerPacket);

const voidsOf = (turns: readonly Turn[]) => [
  ...new Set(
    turns.flatMap((turn) =>
      Object.entries(turn).flatMap(([side, one]) => (one.void ? [`${side}: ${one.void}`] : [])),
    ),
  ),
];

function documentOf({ name, off }: Switch, options: ForwardOptions, turns: readonly Turn[]) {
  const total = turns.map(({ on }) => on).reduce(combine, NOTHING);
  return {
    ...benchDocument('switches', options, total),
    ...{ switch: name, off },
    duration_s: options.seconds * turns.length,
    us_per_packet: turns.map(({ on }) => on.usPerPacket),
    us_per_packet_off: turns.map((turn) => turn.off.usPerPacket),
    ratio_on_to_off: median(ratiosOf(turns)),
    ratio_on_to_off_pairs: ratiosOf(turns),
    void: voidsOf(turns),
  };
}

const argv = process.argv.slice(2);
const documents: ReturnType<typeof documentOf>[] = [];
for (const one of SWITCHES) {
  const { options } = readCommandLine(['--rate', `${one.rate}`, ...argv]);
  console.log(JSON.stringify(options));
  const turns = await takeTurns(options, one.off);
  const ns = (side: keyof Turn) =>
    (median(turns.map((turn) => turn[side].usPerPacket)) * 1000).toFixed(0);
  const each = ratiosOf(turns).map((ratio) => ratio.toFixed(2));
  console.log(
    `${one.name} on: ${ns('on')} ns of CPU per packet out; off: ${ns('off')} ns; turn by turn: ${each.join(' ')}`,
  );
  documents.push(documentOf(one, options, turns));
}
const { json, options: asked } = readCommandLine(argv);
if (json) writeFileSync(json, `${JSON.stringify(documents, null, 2)}\n`);
const voids = documents.flatMap((one) => one.void.map((reason) => `${one.switch} ${reason}`));
for (const reason of voids) console.log(`void: ${reason}`);
if (voids.length > 0) process.exitCode = 1;
else {
  const parts = documents.map((one) => `${one.switch} ${one.ratio_on_to_off.toFixed(2)}`);
  console.log(`CPU per packet, on / off, ${asked.profile}: ${parts.join(', ')}`);
}
