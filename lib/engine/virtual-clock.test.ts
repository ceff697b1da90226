// Media through the addon on its virtual clock: plaintext transports, no socket, no waiting.
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
import { EngineSession } from '../testing/engine-session.js';
import {
  isRtcp,
  type RtpPacket,
  readRtcp,
  readRtp,
  VP8_KEY_FRAME,
  writeNack,
  writeRtp,
} from '../testing/rtp.js';
import type { Command } from './contract.gen.js';
import type { Handle } from './handle.js';
import { createNativeEngine } from './native-engine.js';

type Test = Pick<typeof t, 'ok' | 'teardown'>;

const [room, sender, receiver] = [handle(0), handle(0), handle(1)];
const IN_SSRC = 5000;
const OUT_SSRC = 9000;
const OUT_RTX_SSRC = 9001;
const OUT_VP8 = { ...VP8, payloadType: 100, rtxPayloadType: 101 };
const RTCP_FEEDBACK = { transport: 205, payload: 206 };

/** A publication of `sender`, forwarded to a slot of `receiver`. */
const MEETING: Command[] = [
  roomCreate(room),
  transportCreate(sender, room, { plaintext: true }),
  transportCreate(receiver, room, { plaintext: true }),
  {
    type: 'transportSetExtensions',
    transport: receiver,
    receive: [],
    send: [{ id: 3, kind: 'mid' }],
  },
  publicationCreate(handle(0), sender),
  outboundCreate(handle(0), receiver, { codecs: [OUT_VP8] }),
  subscriptionCreate(handle(0), handle(0), handle(0)),
];

/** `advance` and `inject` answer with what went out meanwhile. */
async function startMeeting(t: Test, seed = 1) {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const engine = createNativeEngine({ shards: 1, listen, clock: 'virtual', seed });
  t.teardown(() => engine.close());
  const session = new EngineSession(engine);
  const statuses = await session.submit(MEETING);
  t.ok(statuses.every((status) => status === 'ok'));
  let now = 1_000_000_000;
  const run = async (...commands: Command[]) => {
    session.events.length = 0;
    const results = await session.submit(commands);
    t.ok(results.every((status) => status === 'ok'));
    return session.events.flatMap((event) => (event.type === 'simPacketOut' ? event : []));
  };
  const advance = (milliseconds: number) => {
    now += milliseconds * 1000;
    return run({ type: 'simAdvance', nowUs: now });
  };
  const inject = (transport: Handle, ...packets: Uint8Array[]) =>
    run(
      ...packets.map(
        (packet): Command => ({
          type: 'simPacketIn',
          localIp: '',
          localPort: 0,
          remoteIp: '',
          remotePort: 0,
          transport,
          packet,
        }),
      ),
    );
  return { session, run, advance, inject };
}

function mediaTo(
  transport: Handle,
  packets: { transport: Handle; packet: Uint8Array }[],
): RtpPacket[] {
  return packets
    .filter((item) => item.transport === transport && !isRtcp(item.packet))
    .map(({ packet }) => readRtp(packet));
}

function feedbackTo(transport: Handle, packets: { transport: Handle; packet: Uint8Array }[]) {
  return packets
    .filter((item) => item.transport === transport && isRtcp(item.packet))
    .flatMap(({ packet }) => readRtcp(packet));
}

const keyFrame = (sequence: number) =>
  writeRtp({ ssrc: IN_SSRC, sequence, timestamp: 3000 * sequence, payload: VP8_KEY_FRAME });
const deltaFrame = (sequence: number) =>
  writeRtp({ ssrc: IN_SSRC, sequence, timestamp: 3000 * sequence });

t.test('nothing before a key frame, which is asked for; then everything, renamed', async (t) => {
  const { inject, advance } = await startMeeting(t);
  const early = [...(await inject(sender, deltaFrame(10))), ...(await advance(100))];
  t.same(mediaTo(receiver, early), []);
  const asked = feedbackTo(sender, early);
  t.ok(
    asked.some(([type, format]) => type === RTCP_FEEDBACK.payload && format === 1),
    'PLI',
  );
  const [key, delta] = mediaTo(receiver, await inject(sender, keyFrame(11), deltaFrame(12)));
  t.match(key, { ssrc: OUT_SSRC, payloadType: OUT_VP8.payloadType, marker: true });
  t.same(key?.payload, VP8_KEY_FRAME);
  t.equal(key?.extensions.get(3)?.toString(), '0', 'the MID of the slot');
  t.equal(((delta?.sequence ?? 0) - (key?.sequence ?? 0)) & 0xffff, 1);
  t.equal(((delta?.timestamp ?? 0) - (key?.timestamp ?? 0)) >>> 0, 3000);
});

t.test('muted, hidden: nothing passes; back again from a key frame', async (t) => {
  const { run, inject } = await startMeeting(t);
  const mute = (muted: boolean): Command => ({
    type: 'publicationSet',
    publication: handle(0),
    muted,
  });
  const [first] = mediaTo(receiver, await inject(sender, keyFrame(1)));
  await run(mute(true));
  t.same(mediaTo(receiver, await inject(sender, keyFrame(2), deltaFrame(3))), []);
  await run(mute(false));
  t.same(mediaTo(receiver, await inject(sender, deltaFrame(4))), []);
  const [again] = mediaTo(receiver, await inject(sender, keyFrame(5)));
  t.equal(((again?.sequence ?? 0) - (first?.sequence ?? 0)) & 0xffff, 1, 'without a gap');
});

t.test('NACK of the receiver is answered by RTX', async (t) => {
  const { inject } = await startMeeting(t);
  const [key] = mediaTo(receiver, await inject(sender, keyFrame(1)));
  const sequence = key?.sequence ?? 0;
  const [repair] = mediaTo(receiver, await inject(receiver, writeNack(OUT_SSRC, sequence)));
  t.match(repair, { ssrc: OUT_RTX_SSRC, payloadType: OUT_VP8.rtxPayloadType });
  t.equal(repair?.payload.readUInt16BE(0), sequence, 'RFC 4588: the original number first');
  t.same(repair?.payload.subarray(2), VP8_KEY_FRAME);
});

t.test('a loss on the way in is asked for again', async (t) => {
  const { inject, advance } = await startMeeting(t);
  const sent = await inject(sender, keyFrame(1), deltaFrame(2), deltaFrame(4));
  const nacks = feedbackTo(sender, [...sent, ...(await advance(50))]).filter(
    ([type, format]) => type === RTCP_FEEDBACK.transport && format === 1,
  );
  t.equal(nacks[0]?.[2].readUInt16BE(8), 3);
});

t.test('who speaks', async (t) => {
  const { session, run, inject, advance } = await startMeeting(t);
  await run(
    {
      type: 'transportSetExtensions',
      transport: sender,
      receive: [{ id: 1, kind: 'audio_level' }],
      send: [],
    },
    publicationCreate(handle(1), sender, {
      kind: 'audio',
      codecs: [OPUS],
      encodings: [{ rid: '', ssrc: 7000, rtxSsrc: 0 }],
    }),
  );
  for (let packet = 0; packet < 100; packet++) {
    const voice = Buffer.of(0x80 | 20);
    const sequence = packet;
    await inject(
      sender,
      writeRtp({ ssrc: 7000, sequence, payloadType: 111, extensions: new Map([[1, voice]]) }),
    );
    await advance(20);
    const levels = session.events.find(({ type }) => type === 'audioLevels');
    if (levels?.type !== 'audioLevels' || levels.dominant !== handle(1)) continue;
    t.match(levels.levels, [{ publication: handle(1), active: true }]);
    return;
  }
  t.fail('nobody was heard in two seconds');
});

t.test('the same seed gives the same bytes', async (t) => {
  const runOnce = async (seed: number) => {
    const { inject, advance } = await startMeeting(t, seed);
    const packets = await inject(sender, keyFrame(1), deltaFrame(2), deltaFrame(4));
    return [...packets, ...(await advance(2000))].map(({ packet }) => Buffer.from(packet));
  };
  const first = await runOnce(7);
  t.same(await runOnce(7), first);
  t.notSame(await runOnce(8), first);
});
