/**
 * People who come and go, over and over: does a node keep anything of them?
 * ./run bench churn [--cycles 100000] [--connected 1000] [--json FILE]
 *
 * A cycle is a participant who publishes microphone and camera, is offered what the host publishes,
 * answers, and leaves. Of most no packet comes, so that DTLS never begins; `--connected` of them
 * are peers of the load generator, whose ICE, DTLS and SRTP are real.
 */
import { readdirSync } from 'node:fs';
import { createNode, type Participant, type Room } from '../lib/index.js';
import { collectGarbage, giveReserveBack } from '../test/lifetime/support/garbage.js';
import { LoadProgram } from './forward/programs.js';
import { placeOf, writeOffer } from './forward/sdp.js';
import { publish, receive } from './people/participants.js';
import { reportResult } from './results.js';

const ADDRESS = '127.0.0.1';
/** At once in the room, beside the host. */
const TOGETHER = 20;
/** Peers that one generator serves: each has a socket. */
const PEERS_PER_GENERATOR = 200;
/** What resident memory without V8's reserve may grow by after the first tenth. */
const MAX_GROWTH_BYTES = 5e6;

interface Footprint {
  /** Without the empty pages that V8 keeps for its next young objects. */
  rssBytes: number;
  /** With them: it has as many as its busiest second wanted, whenever that was. */
  withReserveBytes: number;
  heapBytes: number;
  descriptors: number;
}

function option(name: string, byDefault: number): number {
  const at = process.argv.indexOf(name);
  const value = at > 0 ? Number(process.argv[at + 1]) : byDefault;
  if (!Number.isInteger(value) || value < 0) throw new Error(`${name} is a number`);
  return value;
}

async function footprint(): Promise<Footprint> {
  await new Promise((resolve) => setTimeout(resolve, 500));
  await collectGarbage();
  const withReserveBytes = process.memoryUsage.rss();
  giveReserveBack();
  const { rss: rssBytes, heapUsed: heapBytes } = process.memoryUsage();
  const descriptors = readdirSync('/proc/self/fd').length;
  return { rssBytes, withReserveBytes, heapBytes, descriptors };
}

/** One who publishes, is offered what others publish, answers, and leaves. */
async function comeAndGo(room: Room, host: Participant, id: string): Promise<void> {
  const slots = { audio: 4, video: 4 };
  const participant = room.addParticipant({ id, slots, autoSubscribe: false });
  for (const publication of host.publications.keys()) participant.subscribe(publication);
  await publish(participant);
  await receive(participant);
  participant.close();
}

/** Peers of the generator that get through ICE and DTLS, and leave. */
async function connectAndGo(room: Room, load: LoadProgram, ids: readonly string[]): Promise<void> {
  const options = { profile: 'gcm', transport: 'webrtc', gro: 'on', observe: 0, pacing: 'off' };
  const peers = await load.addPeers(ids.length, ADDRESS, true, options as never);
  const joined = await Promise.all(
    peers.map(async (peer, index) => {
      const participant = room.addParticipant({ id: ids[index] as string });
      const media = (['audio', 'video'] as const).map((kind, mid) => ({ kind, mid: `${mid}` }));
      const sdp = writeOffer(peer, media, { transportCc: true });
      const answer = await participant.subscribeTransport.answer({ sdp });
      return { participant, request: { peer: peer.peer, ...placeOf(answer) } };
    }),
  );
  await load.connect(joined.map(({ request }) => request));
  for (const { participant } of joined) participant.close();
}

class Churn {
  readonly #room: Room;
  readonly #host: Participant;
  #load: LoadProgram | null = null;
  #peers = 0;
  #next = 0;

  constructor(room: Room, host: Participant) {
    this.#room = room;
    this.#host = host;
  }

  async run(cycles: number, connected: number): Promise<void> {
    let left = connected;
    for (let done = 0; done < cycles; done += TOGETHER) {
      const share = Math.floor((connected * (done + TOGETHER)) / cycles);
      if (share - (connected - left) >= TOGETHER) {
        await this.#connect();
        left -= TOGETHER;
      } else {
        await Promise.all(this.#ids().map((id) => comeAndGo(this.#room, this.#host, id)));
      }
    }
    await this.#load?.close();
    this.#load = null;
  }

  async #connect(): Promise<void> {
    this.#load ??= new LoadProgram((argv) => [...argv]);
    await connectAndGo(this.#room, this.#load, this.#ids());
    this.#peers += TOGETHER;
    if (this.#peers % PEERS_PER_GENERATOR !== 0) return;
    await this.#load.close();
    this.#load = null;
  }

  #ids(): string[] {
    return Array.from({ length: TOGETHER }, () => `${this.#next++}`);
  }
}

const cycles = option('--cycles', 100_000);
const connected = option('--connected', 1000);
const node = createNode({ listen: [{ address: ADDRESS, port: 0 }], maxLoad: null });
node.on('refused', (error) => {
  throw error;
});
const room = node.createRoom({ id: 'churn' });
const host = room.addParticipant({ id: 'host', autoSubscribe: false });
await publish(host);
const churn = new Churn(room, host);
const began = performance.now();
await churn.run(cycles / 10, connected / 10);
const early = await footprint();
console.log(`after ${cycles / 10} cycles: ${JSON.stringify(early)}`);
let late = early;
for (let tenth = 2; tenth <= 10; tenth += 1) {
  await churn.run(cycles / 10, connected / 10);
  late = await footprint();
  console.log(`after ${(tenth * cycles) / 10}: ${JSON.stringify(late)}`);
}
const seconds = (performance.now() - began) / 1000;
const left = { rooms: node.rooms.size, participants: room.participants.size };
const blocks = node.stats().transports.length;
node.close();

const growth = late.rssBytes - early.rssBytes;
const more = late.descriptors - early.descriptors;
reportResult(
  {
    bench: 'churn',
    work: { cycles, connected, together: TOGETHER },
    figures: {
      early_rss_bytes: early.rssBytes,
      late_rss_bytes: late.rssBytes,
      rss_growth_bytes: growth,
      early_rss_with_reserve_bytes: early.withReserveBytes,
      late_rss_with_reserve_bytes: late.withReserveBytes,
      js_heap_growth_bytes: late.heapBytes - early.heapBytes,
      early_descriptors: early.descriptors,
      late_descriptors: late.descriptors,
      cycles_per_s: cycles / seconds,
    },
  },
  `churn: ${cycles} cycles (${connected} connected), resident memory ${(growth / 1e6).toFixed(1)} MB ` +
    `more than after the first tenth, ${more} descriptors more`,
);
if (left.participants !== 1 || blocks > 2) throw new Error(`left over: ${JSON.stringify(left)}`);
if (growth > MAX_GROWTH_BYTES) throw new Error('resident memory grew by more than 5 MB');
if (more !== 0) throw new Error('descriptors are not flat');
