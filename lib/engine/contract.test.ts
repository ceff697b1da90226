import t from 'tap';
import {
  handle,
  OPUS,
  outboundCreate,
  publicationCreate,
  roomCreate,
  subscriptionCreate,
  transportCreate,
  VP8,
} from '../testing/commands.js';
import {
  CONTRACT_VERSION,
  type Command,
  decodeCommands,
  decodeEvents,
  decodeStats,
  type Event,
  encodeCommands,
  encodeEvents,
  encodeStats,
} from './contract.gen.js';
import { type Handle, makeHandle, NO_HANDLE } from './handle.js';

const far = makeHandle(0xffff_fffe, 0xffff, 31);

const COMMANDS: Command[] = [
  roomCreate(far),
  transportCreate(handle(1), handle(0)),
  publicationCreate(handle(2), handle(1), { codecs: [OPUS, VP8], muted: true }),
  outboundCreate(handle(3), handle(1)),
  subscriptionCreate(handle(4), handle(2), handle(3)),
  { type: 'simAdvance', nowUs: -(2 ** 52) },
  {
    type: 'simPacketIn',
    localIp: '::1',
    localPort: 65_535,
    remoteIp: '127.0.0.1',
    remotePort: 0,
    transport: handle(1),
    packet: Uint8Array.of(0, 255),
  },
];

const EVENTS: Event[] = [
  { type: 'batchDone', batch: 0xffff_ffff, statuses: ['ok', 'unsupported'] },
  { type: 'audioLevels', room: far, dominant: NO_HANDLE as Handle, levels: [] },
  {
    ...{ type: 'tappedPacket', subscription: handle(4), sequence: 2 ** 40, timestamp: -(2 ** 40) },
    ...{ arrivedUs: 2 ** 52, capturedUs: Number.NaN, marker: true, codec: 'av1' },
    payload: Uint8Array.of(0, 255),
  },
  { type: 'tapOverflow', subscription: far, packets: 0xffff_ffff },
  {
    type: 'subscriptionState',
    subscription: handle(4),
    state: 'paused',
    reason: 'muted',
    spatial: 255,
    temporal: 0,
  },
  {
    type: 'congestionFeedback',
    transport: far,
    feedbackUs: 2 ** 52,
    dataInFlight: 1,
    lastSentUs: 0.5,
    sequences: Float64Array.of(70_000, 70_001),
    sentUs: Float64Array.of(1, 2),
    receivedUs: Float64Array.of(3, Number.NaN),
    sizes: Uint32Array.of(1200, 0xffff_ffff),
    clusters: Int32Array.of(-1, 2 ** 31 - 1),
    flags: Uint8Array.of(0, 255),
    clusterFacts: [{ id: 7, minPackets: 5, minBytes: 3000 }],
    sentBinUs: new Float64Array(),
    sentBinBytes: new Uint32Array(),
  },
];

t.test('commands and events come back as they were', async (t) => {
  t.same(decodeCommands(encodeCommands(7, COMMANDS)), { batch: 7, commands: COMMANDS });
  t.same(decodeEvents(encodeEvents(EVENTS)), EVENTS);
});

t.test('a buffer may grow at any byte', async (t) => {
  for (let length = 980; length < 1040; length++) {
    const remoteUfrag = 'x'.repeat(length);
    const commands = [transportCreate(handle(0), handle(0), { remoteUfrag }), ...COMMANDS];
    t.same(decodeCommands(encodeCommands(1, commands)).commands, commands);
  }
});

t.test('damaged bytes throw RangeError, whatever is missing', async (t) => {
  const bytes = encodeCommands(7, COMMANDS);
  for (let length = 0; length < bytes.length; length++) {
    t.throws(() => decodeCommands(bytes.subarray(0, length)), RangeError);
  }
});

t.test('statistics come back as they were', async (t) => {
  const empty = decodeStats(Float64Array.of(CONTRACT_VERSION, 0, 2, 1, 1, 1));
  empty.outbound.forEach((row) => {
    row.outbound = far;
    row.bytesSent = 2 ** 53 - 1;
  });
  t.same(decodeStats(encodeStats(empty)), empty);
});
