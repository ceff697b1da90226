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

const [room, sender, receiver] = [handle(0), handle(0), handle(1)];
const START_US = 1_000_000_000;
const OUT_SSRC = 9000;
const OUT_PAYLOAD_TYPE = 100;
const LAYERS = 3;
/** Between two changes of the target. */
const LEAST_STAY_MS = 150;
const LONGEST_STAY_MS = 1500;

export async function replay(recording: Recording, seed: number): Promise<Replayed> {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const engine = createNativeEngine({ shards: 1, listen, clock: 'virtual', seed });
  try {
    return await run(new EngineSession(engine), recording, seed);
  } finally {
    engine.close();
  }
}

async function run(session: EngineSession, recording: Recording, seed: number): Promise<Replayed> {
  const statuses = await session.submit(meetingOf(recording));
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
      commands.push(target(spatial, temporal));
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

function meetingOf(recording: Recording): Command[] {
  const { extensions } = recording;
  const kind = recording.codec === 'opus' || recording.codec === 'red' ? 'audio' : 'video';
  const codec = codecOf(recording, kind);
  const inner = recording.innerPayloadType;
  // RED goes with the Opus that it repeats.
  const received: Codec[] = [codec];
  const sent: Codec[] = [
    { ...codec, payloadType: OUT_PAYLOAD_TYPE, rtxPayloadType: OUT_PAYLOAD_TYPE + 1 },
  ];
  if (recording.codec === 'red') {
    received.push({ ...codec, codec: 'opus', payloadType: inner });
    sent.push({ ...codec, codec: 'opus', payloadType: OUT_PAYLOAD_TYPE + 2 });
  }
  // Through the same kinds under other ids, as a subscriber would negotiate them.
  const send: Extension[] = extensions
    .filter(({ kind: each }) => each !== 'rid' && each !== 'repaired_rid')
    .map(({ kind: each }, index) => ({ id: index + 1, kind: each }));
  const rids = recording.rids.length > 0 ? recording.rids : [''];
  return [
    roomCreate(room),
    transportCreate(sender, room, { plaintext: true }),
    transportCreate(receiver, room, { plaintext: true }),
    { type: 'transportSetExtensions', transport: sender, receive: extensions, send: [] },
    { type: 'transportSetExtensions', transport: receiver, receive: [], send },
    publicationCreate(handle(0), sender, {
      kind,
      mid: '0',
      codecs: received,
      encodings: rids.map((rid) => ({ rid, ssrc: 0, rtxSsrc: 0 })),
    }),
    outboundCreate(handle(0), receiver, {
      kind,
      ssrc: OUT_SSRC,
      rtxSsrc: kind === 'video' ? OUT_SSRC + 1 : 0,
      codecs: sent,
    }),
    subscriptionCreate(handle(0), handle(0), handle(0)),
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

function target(spatial: number, temporal: number): Command {
  return {
    type: 'subscriptionSet',
    subscription: handle(0),
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
