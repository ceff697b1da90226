/**
 * The node under test, in a process of its own: lines of JSON in and out (node-process.ts).
 *
 * With `pacing: off` the congestion controller's rates do not reach the pacer: nobody sends the
 * feedback that would let them grow.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { decodeCommands, encodeCommands } from '../../lib/engine/contract.gen.js';
import {
  createNativeEngine,
  createNode,
  type Engine,
  type MediaNode,
  type PlainSrtp,
  type Room,
} from '../../lib/index.js';
import type { JoinRequest, NodeAnswer, NodeReading, NodeSetup } from './node-protocol.js';

/** An engine whose transports are never paced. */
function unpaced(engine: Engine): Engine {
  const submit = (shard: number, bytes: Uint8Array) => {
    const { batch, commands } = decodeCommands(bytes);
    const changed = commands.map((command) =>
      command.type === 'transportSetRates'
        ? { ...command, pacingBps: 0, paddingBps: 0, probes: [] }
        : command,
    );
    engine.submit(shard, encodeCommands(batch, changed));
  };
  return {
    addresses: engine.addresses,
    fingerprint: engine.fingerprint,
    submit,
    onEvents: (listener) => engine.onEvents(listener),
    readStats: (buffer) => engine.readStats(buffer),
    close: () => engine.close(),
  };
}

let node: MediaNode | undefined;
let rooms: Room[] = [];

function setUp(setup: NodeSetup): object {
  const { address, shards, pacing, rooms: count, loudest, gso, batchCipher } = setup;
  const tuning = { gso, batchCipher };
  const listen = [{ address, port: 0 }];
  const engine = createNativeEngine({ shards, listen, clock: 'real', tuning });
  const made = createNode({
    engine: pacing === 'off' ? unpaced(engine) : engine,
    placement: count === 1 ? 'apart' : 'together',
    maxLoad: null,
  });
  node = made;
  rooms = Array.from({ length: count }, (_, index) =>
    made.createRoom({ id: `room-${index}`, loudest }),
  );
  return {};
}

const plainCodecs = {
  video: [{ payloadType: 96, codec: 'vp8', feedback: ['pli'] }],
  audio: [{ payloadType: 111, codec: 'opus' }],
} as const;

async function join(request: JoinRequest): Promise<NodeAnswer> {
  const room = rooms[request.room] as Room;
  const { id } = request;
  const participant = room.participants.get(id) ?? room.addParticipant({ id });
  if ('sdp' in request) {
    const { publishTransport, subscribeTransport } = participant;
    const { sdp } = request;
    if (!request.publishes) return { sdp: (await subscribeTransport.answer({ sdp })).sdp };
    return { sdp: (await publishTransport.answer({ rev: 1, sdp, tracks: 'all' })).sdp };
  }
  const { remote, plain, kind, ssrc, publishes } = request;
  const srtp: PlainSrtp = {
    profile: plain.profile === 'gcm' ? 'aead_aes_128_gcm' : 'aes128_cm_hmac_sha1_80',
    receive: Buffer.from(plain.up, 'hex'),
    send: Buffer.from(plain.down, 'hex'),
  };
  const transport = await participant.createPlainTransport({ remote, srtp });
  if (publishes) {
    const source = kind === 'video' ? 'camera' : 'microphone';
    await transport.publish({ kind, source, codecs: plainCodecs[kind], ssrc });
  } else {
    for (const publication of room.publications.values()) {
      transport.subscribe(publication.id, { codecs: plainCodecs[publication.kind] });
    }
  }
  return { place: transport.local };
}

/** Speaker view: the first other participant's picture is the stage. */
function view(): object {
  for (const participant of rooms.flatMap((room) => [...room.participants.values()])) {
    const subscriptions = [...participant.subscriptions.values()];
    const pictures = subscriptions.filter(({ publication }) => publication.kind === 'video');
    pictures.forEach((picture, index) => {
      picture.set(index === 0 ? { width: 1280, height: 720 } : { width: 320, height: 180 });
    });
  }
  return {};
}

function stats(): NodeReading {
  const shards = node?.stats().shards ?? [];
  const { user, system } = process.cpuUsage();
  return {
    ...{ shards, rssBytes: process.memoryUsage.rss(), processCpuUs: user + system },
    mediaCpuUs: mediaCpuUs(),
  };
}

/** CPU time of the media threads by the kernel's account: a thread that is overloaded says nothing. */
function mediaCpuUs(): number {
  let ns = 0;
  for (const task of readdirSync('/proc/self/task')) {
    const name = readFileSync(`/proc/self/task/${task}/comm`, 'utf8');
    if (!name.startsWith('plenum-shard')) continue;
    ns += Number(readFileSync(`/proc/self/task/${task}/schedstat`, 'utf8').split(' ')[0]);
  }
  return ns / 1000;
}

async function answer(line: string): Promise<object> {
  const { do: what, ...rest } = JSON.parse(line);
  if (what === 'setup') return setUp(rest as NodeSetup);
  if (what === 'stats') return stats();
  if (what === 'view') return view();
  const answers: NodeAnswer[] = [];
  for (const request of rest.peers as JoinRequest[]) answers.push(await join(request));
  return { answers };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await answer(line)));
}
node?.close();
