/**
 * The node beside other forwarders: the same generator and sinks, in turn, pair by pair, in packets
 * per CPU-second (docs/benchmarking.md).
 *   ./run bench peers [--janus PATH|none] [--driver PATH]… [--profile gcm|cm] [--frames 8,1]
 *     [--only NAME,…] [--subscribers N] [--pairs N] [--seconds S] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { NOTHING } from './forward/measure.js';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { LoadProgram, type Placement } from './forward/programs.js';
import { benchDocument, median } from './forward/report.js';
import { BareSfu } from './peers/bare-sfu.js';
import { ExternalSfu } from './peers/external-sfu.js';
import { findJanus, JanusSfu } from './peers/janus-sfu.js';
import { NodeSfu } from './peers/node-sfu.js';
import { packetsPerCpuS, type Reading, Seat } from './peers/seat.js';
import { ownAddress, type Sfu } from './peers/sfu.js';

const SSRC = 1000;

const EASE = 0.85;

interface Pair {
  node: Reading;
  peer: Reading;
}

const isGood = ({ node, peer }: Pair) => node.void === null && peer.void === null;

interface Outcome {
  name: string;
  options: ForwardOptions;
  rates: { node: number; peer: number };
  pairs: Pair[];
  ratios: number[];
}

const { values } = parseArgs({
  options: {
    janus: { type: 'string' },
    driver: { type: 'string', multiple: true, default: [] },
    only: { type: 'string' },
    frames: { type: 'string', default: '8,1' },
    profile: { type: 'string', default: 'gcm' },
    subscribers: { type: 'string', default: '50' },
    pairs: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '2' },
    json: { type: 'string' },
  },
});

/** Everybody whom the node is measured beside, begun anew for each. */
function opponents(options: ForwardOptions, place: Placement): (() => Sfu)[] {
  const janus = values.janus === 'none' ? null : findJanus(values.janus);
  const withJanus = (loops: number) => () => new JanusSfu(janus as string, loops, place);
  const all: [string, () => Sfu][] = [
    ['bare', () => new BareSfu('bare', options, place)],
    ['ideal', () => new BareSfu('ideal', options, place)],
    ...(janus === null
      ? []
      : ([
          ['janus-loops-1', withJanus(1)],
          ['janus', withJanus(0)],
        ] as [string, () => Sfu][])),
    ...values.driver.map((path): [string, () => Sfu] => [path, () => new ExternalSfu([path])]),
  ];
  if (janus === null) console.log('janus: not installed (Debian package janus), left out');
  const only = values.only?.split(',');
  return all.filter(([name]) => only === undefined || only.includes(name)).map(([, make]) => make);
}

async function takePairs(node: Seat, peer: Seat, options: ForwardOptions): Promise<Outcome> {
  const rates = { node: await node.findRate(), peer: await peer.findRate() };
  const pairs: Pair[] = [];
  const used = { ...rates };
  const count = () => pairs.filter(isGood).length;
  for (let tried = 0; tried < 2 * options.pairs && count() < options.pairs; tried += 1) {
    const first = await node.measure(used.node, options.seconds);
    const second = await peer.measure(used.peer, options.seconds);
    pairs.push({ node: first, peer: second });
    // Too near the cliff for what the machine gives now.
    if (first.void !== null) used.node *= EASE;
    if (second.void !== null) used.peer *= EASE;
  }
  const ratios = pairs
    .filter(isGood)
    .map((pair) => packetsPerCpuS(pair.node) / packetsPerCpuS(pair.peer));
  return { name: peer.sfu.name, options, rates, pairs, ratios };
}

async function runBeside(make: () => Sfu, options: ForwardOptions): Promise<Outcome> {
  const place = openPlace(options);
  const load = new LoadProgram(place.place);
  const node = new Seat(new NodeSfu(options, place.place), load, options, SSRC);
  const peer = new Seat(make(), load, options, SSRC + 1);
  try {
    const address = ownAddress();
    if (address === null) throw new Error('needs an IPv4 address besides 127.0.0.1');
    await node.open(address);
    await peer.open(address);
    return await takePairs(node, peer, options);
  } finally {
    await Promise.all([load.close(), node.sfu.close(), peer.sfu.close()]);
    place.close();
  }
}

const voids = ({ pairs }: Outcome): string[] => [
  ...new Set(
    pairs.flatMap(({ node, peer }) => [
      ...(node.void === null ? [] : [`plenum: ${node.void}`]),
      ...(peer.void === null ? [] : [`peer: ${peer.void}`]),
    ]),
  ),
];

const medianOf = (outcome: Outcome, side: keyof Pair, figure: (reading: Reading) => number) =>
  median(outcome.pairs.filter(isGood).map((pair) => figure(pair[side])));

function print(outcome: Outcome): void {
  const { name, ratios, options } = outcome;
  console.log(`\nfrom 1 to ${options.subscribers}, frames of ${options.frame}, ${options.profile}`);
  for (const side of ['node', 'peer'] as const) {
    const figure = (of: (reading: Reading) => number) => medianOf(outcome, side, of);
    console.log(
      [
        (side === 'node' ? 'plenum' : name).padEnd(16),
        `${figure(packetsPerCpuS).toFixed(0).padStart(8)} packets per CPU-second`,
        `${(1e9 / figure(packetsPerCpuS)).toFixed(0).padStart(6)} ns`,
        `${figure(({ packetsOut, seconds }) => packetsOut / seconds).toFixed(0)} packets/s`,
        `busy ${figure(({ cpuUs, seconds }) => cpuUs / 1e6 / seconds).toFixed(2)}`,
        `delay p99 ${figure(({ delayP99Ms }) => delayP99Ms).toFixed(2)} ms`,
        `loss ${figure(({ loss }) => loss).toFixed(5)}`,
        `generator busy ${figure(({ generatorBusy }) => generatorBusy).toFixed(2)}`,
      ].join('  '),
    );
  }
  console.log(`ratio, pair by pair: ${ratios.map((ratio) => ratio.toFixed(2)).join(' ')}`);
  for (const why of voids(outcome)) console.log(`a pair left out: ${why}`);
}

function documentOf(outcome: Outcome): object {
  const { name, options, pairs, ratios, rates } = outcome;
  const sum = (figure: (reading: Reading) => number) =>
    pairs.filter(isGood).reduce((total, { node }) => total + figure(node), 0);
  const forwarded = {
    ...NOTHING,
    packetsIn: sum(({ packetsIn }) => packetsIn),
    packetsOut: sum(({ packetsOut }) => packetsOut),
    cpuUs: sum(({ cpuUs }) => cpuUs),
  };
  return {
    ...benchDocument('peers', options, forwarded),
    ...{ peer: name, rates, void: ratios.length === 0 ? voids(outcome) : [] },
    pairs_left_out: voids(outcome),
    ratio_to_peer: median(ratios),
    ratio_to_peer_pairs: ratios,
    out_per_cpu_s: pairs.filter(isGood).map(({ node }) => packetsPerCpuS(node)),
    peer_out_per_cpu_s: pairs.filter(isGood).map(({ peer }) => packetsPerCpuS(peer)),
    duration_s: options.seconds * ratios.length,
    loss: medianOf(outcome, 'node', ({ loss }) => loss),
    p99_delay_ms: medianOf(outcome, 'node', ({ delayP99Ms }) => delayP99Ms),
    peer_p99_delay_ms: medianOf(outcome, 'peer', ({ delayP99Ms }) => delayP99Ms),
  };
}

function store(done: readonly Outcome[]): void {
  if (values.json === undefined) return;
  writeFileSync(values.json, `${JSON.stringify(done.map(documentOf), null, 2)}\n`);
}

const outcomes: Outcome[] = [];
for (const frame of values.frames.split(',')) {
  const { profile, subscribers, pairs, seconds } = values;
  const line = { frame, profile, subscribers, pairs, seconds };
  const argv = Object.entries(line).flatMap(([name, value]) => [`--${name}`, value]);
  const { options } = readCommandLine(argv);
  for (const make of opponents(options, openPlace(options).place)) {
    outcomes.push(await runBeside(make, options));
    print(outcomes.at(-1) as Outcome);
    store(outcomes);
  }
}
const parts = outcomes.map(
  ({ name, ratios, options }) => `${median(ratios).toFixed(1)} × ${name} (${options.frame})`,
);
const isVoid = outcomes.some(({ ratios }) => ratios.length === 0);
console.log(
  isVoid
    ? 'void: a ratio could not be measured'
    : `packets per CPU-second beside peers, by packets in a frame: ${parts.join(', ')}`,
);
if (isVoid) process.exitCode = 1;
