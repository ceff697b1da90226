/**
 * What this machine can do at most: the bare forwarder alone, more offered than it can take, by
 * receivers, profile, ciphers and segmentation offload (docs/benchmarking.md).
 *   ./run bench ideal [--bytes N] [--frame N] [--seconds N] [--path veth] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import { NOTHING, whyVoid } from './forward/measure.js';
import { type ForwardOptions, readCommandLine } from './forward/options.js';
import { openPlace } from './forward/place.js';
import { IdealProgram, type LoadPeer, LoadProgram } from './forward/programs.js';
import { benchDocument } from './forward/report.js';
import { type Place, sourceOf } from './forward/world.js';

const RECEIVERS = [1, 10, 50, 200];
/** Of the first case. Each has its own: a new forwarder knows no rollover of a stream's numbers. */
const SSRC = 1000;
/** More packets per second than any forwarder sends, and what the generator can send besides. */
const MOST_OUT = 3e6;
const MOST_IN = 200_000;
const WARM_UP_MS = 400;

interface Case {
  profile: ForwardOptions['profile'];
  crypto: ForwardOptions['crypto'];
  gso: ForwardOptions['gso'];
  receivers: number;
}

interface Outcome extends Case {
  nsPerPacket: number;
  packetsPerS: number;
  busy: number;
  void: string | null;
  document: object;
}

const cases = (profile: Case['profile']): Case[] =>
  (['auto', 'openssl'] as const).flatMap((crypto) =>
    (['off', 'on'] as const).flatMap((gso) =>
      RECEIVERS.filter((receivers) => crypto === 'auto' || receivers === 50).map((receivers) => ({
        ...{ profile, crypto, gso, receivers },
      })),
    ),
  );

async function measureCase(
  load: LoadProgram,
  { source, sinks, ssrc }: { source: LoadPeer; sinks: LoadPeer[]; ssrc: number },
  options: ForwardOptions,
  where: Place,
): Promise<Omit<Outcome, keyof Case>> {
  const ideal = new IdealProgram(where.place);
  try {
    const port = await ideal.setUp(where.server, options, [
      {
        sources: [ssrc],
        sinks: sinks.map(({ peer, port }) => ({ address: where.load, port, key: peer })),
      },
    ]);
    const target = { do: 'start', target: 'ideal', address: where.server, port };
    await load.ask({ ...target, sources: [sourceOf(options, source.peer, ssrc)] });
    await pause(WARM_UP_MS);
    const [first] = await Promise.all([ideal.read(), load.mark()]);
    await pause(options.seconds * 1000);
    const [last, reading] = await Promise.all([ideal.read(), load.mark()]);
    await load.ask({ do: 'stop' });
    const packetsOut = last.packetsOut - first.packetsOut;
    const cpuUs = last.cpuUs - first.cpuUs;
    return {
      nsPerPacket: (cpuUs * 1000) / packetsOut,
      packetsPerS: packetsOut / reading.seconds,
      busy: cpuUs / 1e6 / reading.seconds,
      void: whyVoid(reading),
      document: benchDocument('ideal', options, {
        ...NOTHING,
        ...{ packetsIn: last.packetsIn - first.packetsIn, packetsOut, cpuUs },
        ...{ sendCalls: last.calls - first.calls, sendMessages: last.messages - first.messages },
        spanUs: reading.seconds * 1e6,
      }),
    };
  } finally {
    await ideal.close();
  }
}

function describe({ profile, crypto, gso, receivers, ...outcome }: Outcome, frame: number): string {
  const { nsPerPacket, packetsPerS, busy } = outcome;
  const cells = [
    profile.padEnd(4),
    (crypto === 'auto' ? 'ipsec-mb' : 'OpenSSL').padEnd(9),
    (gso === 'on' ? `${frame}` : 'no').padEnd(4),
    `${receivers}`.padStart(9),
    nsPerPacket.toFixed(0).padStart(14),
    packetsPerS.toFixed(0).padStart(12),
    busy.toFixed(2).padStart(6),
    ...(outcome.void === null ? [] : [`void: ${outcome.void}`]),
  ];
  return cells.join(' ');
}

const { options: given, json } = readCommandLine(process.argv.slice(2));
const place = openPlace(given);
const outcomes: Outcome[] = [];
try {
  console.log('srtp ciphers   GSO  receivers  ns per packet  packets/s   busy');
  for (const profile of ['gcm', 'cm'] as const) {
    const load = new LoadProgram(place.place);
    const plain = { ...given, profile, transport: 'plain', observe: 0 } as const;
    const [source] = await load.addPeers(1, place.load, false, plain);
    const sinks = await load.addPeers(Math.max(...RECEIVERS), place.load, true, plain);
    for (const one of cases(profile)) {
      const rate = Math.min(MOST_IN, MOST_OUT / one.receivers);
      const options = { ...plain, ...one, subscribers: one.receivers, rate };
      const ssrc = SSRC + outcomes.length;
      const peers = { source: source as LoadPeer, sinks: sinks.slice(0, one.receivers), ssrc };
      const outcome = { ...one, ...(await measureCase(load, peers, options, place)) };
      outcomes.push(outcome);
      console.log(describe(outcome, given.frame));
    }
    await load.close();
  }
} finally {
  place.close();
}
if (json) writeFileSync(json, `${JSON.stringify(outcomes, null, 2)}\n`);
const best = outcomes.find(
  ({ profile, gso, receivers }) => profile === 'gcm' && gso === 'on' && receivers === 50,
) as Outcome;
console.log(
  `ideal: ${best.nsPerPacket.toFixed(0)} ns per packet out, 1 → 50, ${given.bytes} B, gcm, ` +
    `frames of ${given.frame}, ${given.path}`,
);
