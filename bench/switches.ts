/**
 * What runs of equal packets (UDP_SEGMENT) and the batch cipher save, of the whole node: the same load
 * into three nodes in turn, one with both, one without each (docs/benchmarking.md).
 *   ./run bench switches [--OPTION VALUE of forward …] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { combine, type Measurement, measure, NOTHING } from './forward/measure.js';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { benchDocument, median } from './forward/report.js';
import { World } from './forward/world.js';

/** What one packet a message can take. */
const RATE = '3000';

const SWITCHES = {
  gso: { gso: 'off' },
  crypto: { crypto: 'openssl' },
} as const satisfies Record<string, Partial<ForwardOptions>>;
type Switch = keyof typeof SWITCHES;
const names = Object.keys(SWITCHES) as Switch[];

type Turn = Record<'on' | Switch, Measurement>;

async function takeTurns(options: ForwardOptions): Promise<Turn[]> {
  const place = openPlace(options);
  const open = async (changed: Partial<ForwardOptions>) => {
    const world = new World({ ...options, ...changed }, place);
    worlds.push(world);
    await world.open();
    return world;
  };
  const worlds: World[] = [];
  try {
    const on = await open({});
    const off = { gso: await open(SWITCHES.gso), crypto: await open(SWITCHES.crypto) };
    const turns: Turn[] = [];
    while (turns.length < options.pairs) {
      turns.push({
        on: await measure(on, 'node', options.seconds),
        gso: await measure(off.gso, 'node', options.seconds),
        crypto: await measure(off.crypto, 'node', options.seconds),
      });
    }
    return turns;
  } finally {
    await Promise.all(worlds.map((world) => world.close()));
    place.close();
  }
}

const ratiosOf = (turns: readonly Turn[], name: Switch) =>
  turns.map((turn) => turn.on.usPerPacket / turn[name].usPerPacket);

const nsOf = (turns: readonly Turn[], name: keyof Turn) =>
  median(turns.map((turn) => turn[name].usPerPacket * 1000));

const voidsOf = (turns: readonly Turn[]) => [
  ...new Set(
    turns.flatMap((turn) =>
      Object.entries(turn).flatMap(([name, one]) => (one.void ? [`${name}: ${one.void}`] : [])),
    ),
  ),
];

function documentOf(options: ForwardOptions, turns: readonly Turn[]): object {
  const total = turns.map(({ on }) => on).reduce(combine, NOTHING);
  return {
    ...benchDocument('switches', options, total),
    duration_s: options.seconds * turns.length,
    us_per_packet: turns.map(({ on }) => on.usPerPacket),
    switches: names.map((name) => ({
      switch: name,
      off: SWITCHES[name],
      ratio_on_to_off: median(ratiosOf(turns, name)),
      ratio_on_to_off_pairs: ratiosOf(turns, name),
      us_per_packet_off: turns.map((turn) => turn[name].usPerPacket),
    })),
    void: voidsOf(turns),
  };
}

const { options, json } = readCommandLine(['--rate', RATE, ...process.argv.slice(2)]);
console.log(JSON.stringify(options));
const turns = await takeTurns(options);
console.log(`both on: ${nsOf(turns, 'on').toFixed(0)} ns of CPU per packet out`);
for (const name of names) {
  const each = ratiosOf(turns, name).map((ratio) => ratio.toFixed(2));
  console.log(
    `${name} off: ${nsOf(turns, name).toFixed(0)} ns; on / off, turn by turn: ${each.join(' ')}`,
  );
}
if (json) writeFileSync(json, `${JSON.stringify(documentOf(options, turns), null, 2)}\n`);
const voids = voidsOf(turns);
for (const reason of voids) console.log(`void: ${reason}`);
if (voids.length > 0) process.exitCode = 1;
else {
  const parts = names.map((name) => `${name} ${median(ratiosOf(turns, name)).toFixed(2)}`);
  console.log(`CPU per packet, on / off, ${options.profile}: ${parts.join(', ')}`);
}
