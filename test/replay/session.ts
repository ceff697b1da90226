/**
 * One replay: a recording goes through the whole engine, on the virtual clock and decrypted, from
 * a publisher to one subscriber, while the subscriber's layer is changed at random. Everything
 * random comes from one seed.
 */
import type { Codec, Command, Extension } from '../../lib/engine/contract.gen.js';
import { createNativeEngine } from '../../lib/engine/native-engine.js';
import {
  handle,
  outboundCreate,
  publicationCreate,
  relayedPublicationCreate,
  roomCreate,
  subscriptionCreate,
  transportCreate,
} from '../../lib/testing/commands.js';
import { EngineSession } from '../../lib/testing/engine-session.js';
import { isRtcp, type RtpPacket, readRtp } from '../../lib/testing/rtp.js';
import { seededRandom } from '../../lib/testing/seeded-random.js';
import type { Recording } from './recording.js';

export interface Replayed {
  /** What the subscriber got as media, in the order of sending. */
  packets: RtpPacket[];
  /** The layers that were asked for. */
  targets: { atUs: number; spatial: number; temporal: number }[];
}

const [room, sender] = [handle(0), handle(0)];
const receiverOn = (shard: number) => handle(1, 0, shard);
const START_US = 1_000_000_000;
const OUT_SSRC = 9000;
const OUT_PAYLOAD_TYPE = 100;
const LAYERS = 3;
/** Between two changes of the target. */
const LEAST_STAY_MS = 150;
const LONGEST_STAY_MS = 1500;

/** With two shards the subscriber is on another one than the publisher. */
export async function replay(recording: Recording, seed: number, shards = 1): Promise<Replayed> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const engine = createNativeEngine({ shards, listen, clock: 'virtual', seed });
  try {
    return await run(new EngineSession(engine), recording, seed, shards - 1);
  } finally {
    engine.close();
  }
}

async function run(
  session: EngineSession,
  recording: Recording,
  seed: number,
  there: number,
): Promise<Replayed> {
  const receiver = receiverOn(there);
  const statuses = [
    ...(await session.submit(publisherOf(recording, there))),
    ...(await session.submit(subscriberOf(recording, there), there)),
  ];
  const refused = statuses.findIndex((status) => status !== 'ok');
  if (refused >= 0) throw new Error(`command ${refused}: ${statuses[refused]}`);
  const random = seededRandom(seed);
  const targets: Replayed['targets'] = [];
  let nextTargetUs = 0;
  for (const { atUs, bytes } of recording.packets) {
    const commands: Command[] = [{ type: 'simAdvance', nowUs: START_US + atUs }];
    if (atUs >= nextTargetUs) {
      const [spatial, temporal] = [random(LAYERS), random(LAYERS)];
      targets.push({ atUs, spatial, temporal });
      await session.submit([...commands.splice(0), target(spatial, temporal, there)], there);
      const stayMs = LEAST_STAY_MS + random(LONGEST_STAY_MS - LEAST_STAY_MS);
      nextTargetUs = atUs + 1000 * stayMs;
    }
    commands.push(arrival(bytes));
    await session.submit(commands);
  }
  await session.submit([
    { type: 'simAdvance', nowUs: START_US + (recording.packets.at(-1)?.atUs ?? 0) + 1e6 },
  ]);
  const packets = session.events.flatMap((event) => {
    if (event.type !== 'simPacketOut' || event.transport !== receiver) return [];
    if (isRtcp(event.packet)) return [];
    const packet = readRtp(event.packet);
    return packet.ssrc === OUT_SSRC ? [packet] : [];
  });
  return { packets, targets };
}

function kindOf({ codec }: Recording): 'audio' | 'video' {
  return codec === 'opus' || codec === 'red' ? 'audio' : 'video';
}

/** RED goes with the Opus that it repeats. */
function receivedCodecs(recording: Recording): Codec[] {
  const codec = codecOf(recording, kindOf(recording));
  if (recording.codec !== 'red') return [codec];
  return [codec, { ...codec, codec: 'opus', payloadType: recording.innerPayloadType }];
}

function ridsOf({ rids }: Recording): readonly string[] {
  return rids.length > 0 ? rids : [''];
}

function publisherOf(recording: Recording, there: number): Command[] {
  const commands: Command[] = [
    roomCreate(room),
    transportCreate(sender, room, { plaintext: true }),
    {
      ...{ type: 'transportSetExtensions', transport: sender },
      ...{ receive: recording.extensions, send: [] },
    },
    publicationCreate(handle(0), sender, {
      kind: kindOf(recording),
      mid: '0',
      codecs: receivedCodecs(recording),
      encodings: ridsOf(recording).map((rid) => ({ rid, ssrc: 0, rtxSsrc: 0 })),
    }),
  ];
  const to = handle(0, 0, there);
  if (there > 0) commands.push({ type: 'relayCreate', publication: handle(0), to });
  return commands;
}

function subscriberOf(recording: Recording, there: number): Command[] {
  const { extensions } = recording;
  const kind = kindOf(recording);
  const [codec] = receivedCodecs(recording) as [Codec];
  const sent: Codec[] = [
    { ...codec, payloadType: OUT_PAYLOAD_TYPE, rtxPayloadType: OUT_PAYLOAD_TYPE + 1 },
  ];
  if (recording.codec === 'red') {
    sent.push({ ...codec, codec: 'opus', payloadType: OUT_PAYLOAD_TYPE + 2 });
  }
  const receiver = receiverOn(there);
  const [object, roomThere] = [handle(0, 0, there), handle(0, 0, there)];
  // Through the same kinds under other ids, as a subscriber would negotiate them.
  const send: Extension[] = extensions
    .filter(({ kind: each }) => each !== 'rid' && each !== 'repaired_rid')
    .map(({ kind: each }, index) => ({ id: index + 1, kind: each }));
  const relayed = relayedPublicationCreate(object, handle(0), {
    kind,
    codecs: receivedCodecs(recording),
    encodings: ridsOf(recording).length,
  });
  return [
    ...(there > 0 ? [roomCreate(roomThere), relayed] : []),
    transportCreate(receiver, roomThere, { plaintext: true }),
    { type: 'transportSetExtensions', transport: receiver, receive: [], send },
    outboundCreate(object, receiver, {
      kind,
      ssrc: OUT_SSRC,
      rtxSsrc: kind === 'video' ? OUT_SSRC + 1 : 0,
      codecs: sent,
    }),
    subscriptionCreate(object, object, object),
  ];
}

function codecOf(recording: Recording, kind: 'audio' | 'video'): Codec {
  const { codec, payloadType, rtxPayloadType } = recording;
  const isVideo = kind === 'video';
  return {
    payloadType,
    codec,
    clockRate: isVideo ? 90_000 : 48_000,
    channels: isVideo ? 1 : 2,
    rtxPayloadType,
    format: 1,
    nack: isVideo,
    pli: isVideo,
    fir: false,
    transportCc: true,
  };
}

function target(spatial: number, temporal: number, there: number): Command {
  return {
    type: 'subscriptionSet',
    subscription: handle(0, 0, there),
    active: true,
    pauseReason: 'hidden',
    spatial,
    temporal,
    priority: 100,
  };
}

function arrival(packet: Uint8Array): Command {
  return {
    type: 'simPacketIn',
    localIp: '',
    localPort: 0,
    remoteIp: '',
    remotePort: 0,
    transport: sender,
    packet,
  };
}
