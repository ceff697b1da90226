// Two addons on their virtual clocks and a link between them: what one sends the other is handed.
import t from 'tap';
import {
  handle,
  linkCreate,
  outboundCreate,
  publicationCreate,
  roomCreate,
  subscriptionCreate,
  transportCreate,
  VP8,
} from '../testing/commands.js';
import { EngineSession } from '../testing/engine-session.js';
import { isRtcp, readRtcp, readRtp, VP8_KEY_FRAME, writeRtp } from '../testing/rtp.js';
import type { Command, Event } from './contract.gen.js';
import { NO_HANDLE } from './handle.js';
import { createNativeEngine } from './native-engine.js';

type Test = Pick<typeof t, 'teardown'>;
type Sent = Extract<Event, { type: 'simPacketOut' }>;

const [room, client, link] = [handle(0), handle(0), handle(5)];
const [PUBLISHED, CROSSES, SEEN] = [5000, 7000, 9000];
const ADDRESSES = {
  localIp: '192.0.2.1',
  localPort: 4000,
  remoteIp: '192.0.2.2',
  remotePort: 4100,
};
const TURNED = { localIp: '192.0.2.2', localPort: 4100, remoteIp: '192.0.2.1', remotePort: 4000 };
const [THERE, BACK] = [new Uint8Array(28).fill(1), new Uint8Array(28).fill(2)];
const CODEC = { ...VP8, transportCc: false };

/** Publishes what its plaintext client sends, and sends it over the link. */
const NEAR: Command[] = [
  roomCreate(room),
  transportCreate(client, room, { plaintext: true }),
  linkCreate(link, room, { ...ADDRESSES, inboundKey: BACK, outboundKey: THERE }),
  publicationCreate(handle(0), client),
  outboundCreate(handle(0), link, { ssrc: CROSSES, rtxSsrc: CROSSES + 1, codecs: [CODEC] }),
  {
    ...{ type: 'linkSubscriptionCreate', subscription: handle(0), encoding: 0 },
    ...{ publication: handle(0), outbound: handle(0) },
  },
];

/** Takes it, and gives it to its plaintext client. */
const FAR: Command[] = [
  roomCreate(room),
  transportCreate(client, room, { plaintext: true }),
  linkCreate(link, room, { ...TURNED, inboundKey: THERE, outboundKey: BACK }),
  publicationCreate(handle(0), link, {
    codecs: [CODEC],
    encodings: [{ rid: '', ssrc: CROSSES, rtxSsrc: CROSSES + 1 }],
  }),
  { type: 'publicationSetUsable', publication: handle(0), encodings: 1 },
  outboundCreate(handle(0), client, { ssrc: SEEN, rtxSsrc: SEEN + 1 }),
  subscriptionCreate(handle(0), handle(0), handle(0)),
];

async function startNode(t: Test, commands: Command[], seed: number) {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const engine = createNativeEngine({ shards: 1, listen, clock: 'virtual', seed });
  t.teardown(() => engine.close());
  const session = new EngineSession(engine);
  const run = async (...list: Command[]): Promise<Sent[]> => {
    session.events.length = 0;
    const statuses = await session.submit(list);
    if (statuses.some((status) => status !== 'ok')) throw new Error(`refused: ${statuses}`);
    return session.events.flatMap((event) => (event.type === 'simPacketOut' ? event : []));
  };
  const sent = await run(...commands);
  return { run, sent };
}

/** Two nodes whose path loses every so manieth datagram to the far one; 0: none. */
async function startLinked(t: Test, lossEvery: number, seed = 1) {
  const [near, far] = [await startNode(t, NEAR, seed), await startNode(t, FAR, seed + 1)];
  const toClients = { near: [] as Uint8Array[], far: [] as Uint8Array[] };
  const arrivals = (packets: Sent[], path: typeof ADDRESSES): Command[] =>
    packets
      .filter(({ transport }) => transport === link)
      .map(({ packet }) => ({ type: 'simPacketIn', ...path, transport: NO_HANDLE, packet }));
  const media = { count: 0, crossed: [] as number[] };
  const isLost = () => lossEvery > 0 && ++media.count % lossEvery === 0;
  let [fromNear, fromFar] = [near.sent, far.sent];
  let nowUs = 1_000_000_000;
  /** A millisecond: what has left the one arrives at the other. */
  const step = async (...commands: Command[]) => {
    nowUs += 1000;
    const time: Command = { type: 'simAdvance', nowUs };
    const reaching = fromNear.filter(() => !isLost());
    const [backHere, there] = [arrivals(fromFar, ADDRESSES), arrivals(reaching, TURNED)];
    [fromNear, fromFar] = [
      await near.run(time, ...backHere, ...commands),
      await far.run(time, ...there),
    ];
    for (const { transport, packet } of fromNear) {
      if (transport === client) toClients.near.push(packet);
      else if (!isRtcp(packet)) media.crossed.push(readRtp(packet).ssrc);
    }
    for (const { transport, packet } of fromFar) {
      if (transport === client) toClients.far.push(packet);
    }
  };
  /** 100 frames a second. */
  const film = async (frames: number, first: number) => {
    for (let sequence = first; sequence < first + frames; sequence++) {
      const frame = { ssrc: PUBLISHED, sequence, timestamp: 900 * sequence };
      const packet = writeRtp({ ...frame, ...(sequence % 50 === 1 && { payload: VP8_KEY_FRAME }) });
      const none = { localIp: '', localPort: 0, remoteIp: '', remotePort: 0 };
      await step({ type: 'simPacketIn', ...none, transport: client, packet });
      for (let wait = 0; wait < 9; wait++) await step();
    }
  };
  const seen = () =>
    toClients.far.filter((packet) => !isRtcp(packet)).map((packet) => readRtp(packet));
  return { film, seen, toClients, media };
}

t.test('frames reach the other node; nothing but SRTP is between', async (t) => {
  const { film, seen, toClients, media } = await startLinked(t, 0);
  await film(100, 2);
  t.same(new Set(seen().map(({ ssrc }) => ssrc)), new Set([SEEN]));
  t.equal(seen().length, 51, 'from the one key frame on');
  t.same(seen()[0]?.payload, VP8_KEY_FRAME, 'a key frame first');
  t.same(new Set(media.crossed), new Set([CROSSES]));
  const requests = toClients.near.filter(isRtcp).flatMap((packet) => readRtcp(packet));
  t.ok(
    requests.some(([type, format]) => type === 206 && format === 1),
    'which was asked for: PLI',
  );
});

t.test('what is lost between the nodes is sent again, before anybody misses it', async (t) => {
  const { film, seen, media } = await startLinked(t, 10);
  await film(300, 1);
  t.ok(media.crossed.includes(CROSSES + 1), 'by RTX');
  const sequences = seen().map(({ sequence }) => sequence);
  const span = Math.max(...sequences) - Math.min(...sequences) + 1;
  t.equal(new Set(sequences).size, span, 'no number is missing');
});

t.test('the same seeds give the same bytes', async (t) => {
  const runOnce = async (seed: number) => {
    const { film, toClients } = await startLinked(t, 7, seed);
    await film(50, 1);
    return toClients.far.map((packet) => Buffer.from(packet).toString('hex'));
  };
  const first = await runOnce(3);
  t.same(await runOnce(3), first);
  t.notSame(await runOnce(4), first);
});
