/** What comes over a link to a node without participants, in JavaScript of that node. */
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { createNode, type MediaNode } from './node.js';
import type { PlainTransport } from './plain-transport.js';
import type { Room } from './room.js';
import type { Tap, TappedPacket } from './tap.js';
import { carry } from './testing/linked-rooms.js';
import { openPath, openSocket } from './testing/linked-sockets.js';
import { isRtcp, readRtcp, VP8_DELTA_FRAME, VP8_KEY_FRAME, writeRtp } from './testing/rtp.js';
import { seededRandom } from './testing/seeded-random.js';

const DEADLINE_MS = 15_000;
const VP8 = { payloadType: 96, codec: 'vp8', feedback: ['pli'] } as const;
const OPUS = { payloadType: 111, codec: 'opus' } as const;
const [PICTURE, SOUND] = [4242, 4243];
const FRAME_MS = 20;

function openNode(t: Test): MediaNode {
  const node = createNode({ listen: [{ address: '127.0.0.1', port: 0 }], maxLoad: null });
  t.teardown(() => node.close());
  node.on('refused', (error) => t.fail(error.message));
  return node;
}

async function openStudio(t: Test, room: Room): Promise<[PlainTransport, Socket]> {
  const socket = await openSocket(t);
  const { port } = socket.address();
  const studio = room.addParticipant({ id: 'studio', autoSubscribe: false });
  const remote = { address: '127.0.0.1', port };
  return [await studio.createPlainTransport({ remote }), socket];
}

/** RFC 3550 §6.4.1: at `unixMs` a stream stood at `timestamp`. */
function writeSenderReport(ssrc: number, timestamp: number, unixMs: number): Buffer {
  const report = Buffer.alloc(28);
  report[0] = 0x80;
  report[1] = 200;
  report.writeUInt16BE(6, 2);
  report.writeUInt32BE(ssrc, 4);
  const seconds = unixMs / 1000 + 2_208_988_800;
  report.writeUInt32BE(Math.floor(seconds), 8);
  report.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), 12);
  report.writeUInt32BE(timestamp >>> 0, 16);
  return report;
}

/** 50 frames of either kind a second, each with its number at its end, and reports each second. */
function play(t: Test, socket: Socket, { local }: PlainTransport): void {
  let isKeyDue = true;
  socket.on('message', (datagram) => {
    if (!isRtcp(datagram)) return;
    isKeyDue ||= readRtcp(datagram).some(([type, format]) => type === 206 && format === 1);
  });
  const send = (bytes: Buffer) => socket.send(bytes, local.port, local.address);
  const startMs = performance.now();
  const startUnixMs = Date.now();
  let sequence = 0;
  const timer = setInterval(() => {
    for (; sequence * FRAME_MS < performance.now() - startMs; sequence++) {
      const number = Buffer.alloc(4);
      number.writeUInt32BE(sequence);
      const payload = Buffer.concat([isKeyDue ? VP8_KEY_FRAME : VP8_DELTA_FRAME, number]);
      isKeyDue = false;
      send(writeRtp({ ssrc: PICTURE, sequence, timestamp: 1800 * sequence, payload }));
      const sound = { ssrc: SOUND, sequence, timestamp: 960 * sequence, payloadType: 111 };
      send(
        writeRtp({ ...sound, marker: false, payload: Buffer.concat([Buffer.of(0x78), number]) }),
      );
      if (sequence % 50 !== 0) continue;
      const unixMs = startUnixMs + FRAME_MS * sequence;
      send(writeSenderReport(PICTURE, 1800 * sequence, unixMs));
      send(writeSenderReport(SOUND, 960 * sequence, unixMs));
    }
  }, 5);
  t.teardown(() => clearInterval(timer));
}

const numberOf = ({ payload }: TappedPacket) =>
  Buffer.from(payload).readUInt32BE(payload.length - 4);

/** Everything that a tap gives from now on. */
function listen(tap: Tap): TappedPacket[] {
  const heard: TappedPacket[] = [];
  tap.on('packets', (packets) => heard.push(...packets));
  return heard;
}

async function until(tap: Tap, isIt: () => boolean): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (!isIt()) await once(tap, 'packets', { signal });
}

/** Studio's picture and sound of the near room, tapped in the far one, in which nobody is. */
async function openTapped(t: Test) {
  const nodes = [openNode(t), openNode(t)] as [MediaNode, MediaNode];
  const near = nodes[0].createRoom({ id: 'room' });
  const far = nodes[1].createRoom({ id: 'room', loudest: 0, gateSilence: false });
  const { path, links } = await openPath(t, [near, far]);
  const [studio, socket] = await openStudio(t, near);
  const picture = await studio.publish({ kind: 'video', source: 'camera', codecs: [VP8] });
  const sound = await studio.publish({ kind: 'audio', source: 'microphone', codecs: [OPUS] });
  play(t, socket, studio);
  const taps = [picture, sound].map(({ id }) => far.tap(carry(id, links[0], links[1]).id));
  return { path, links, picture, sound, taps: taps as [Tap, Tap], node: nodes[1] };
}

t.test('each packet comes once, what is lost on the link too', async (t) => {
  const { path, taps, node } = await openTapped(t);
  const [picture, sound] = [listen(taps[0]), listen(taps[1])];
  await until(taps[0], () => picture.length > 0);
  await until(taps[1], () => sound.length > 0);
  const random = seededRandom(7);
  let lost = 0;
  path.loses = () => {
    const isLost = random(20) === 0;
    if (isLost) lost++;
    return isLost;
  };
  await until(taps[0], () => picture.length > 150);
  path.loses = () => false;
  // Reports may have been lost, too.
  for (const [tap, heard] of [
    [taps[0], picture],
    [taps[1], sound],
  ] as const) {
    await until(tap, () => heard.slice(-50).every(({ capturedUs }) => capturedUs !== null));
  }
  t.ok(lost > 5, `${lost} datagrams were lost`);
  const sequences = picture.map(({ sequence }) => sequence).sort((a, b) => a - b);
  t.same(sequences, [...sequences.keys()], 'from 0 on, each once');
  const first = numberOf(picture[0] as TappedPacket);
  t.equal(picture[0]?.payload[3], VP8_KEY_FRAME[3], 'a key frame first');
  t.ok(picture.every((packet) => numberOf(packet) === first + packet.sequence));
  t.ok(
    picture.every(({ codec }) => codec === 'vp8') && sound.every(({ codec }) => codec === 'opus'),
  );
  t.equal(new Set(sound.map(({ sequence }) => sequence)).size, sound.length);
  for (const [packets, ticks] of [
    [picture, 1800],
    [sound, 960],
  ] as const) {
    const inOrder = [...packets].sort((a, b) => a.sequence - b.sequence);
    const [start] = inOrder;
    const isSteady = ({ sequence, timestamp }: TappedPacket) =>
      timestamp - (start?.timestamp ?? 0) === ticks * (sequence - (start?.sequence ?? 0));
    t.ok(inOrder.every(isSteady), 'timestamps in step');
    // On a machine that is busy reports come late, and those that do not move the clock.
    const offsetsUs = inOrder.flatMap(({ capturedUs, sequence }) =>
      capturedUs === null ? [] : capturedUs - 1000 * FRAME_MS * sequence,
    );
    t.ok(
      offsetsUs.length > 30,
      `of ${offsetsUs.length} packets it is known when they were captured`,
    );
    t.ok(Math.max(...offsetsUs) - Math.min(...offsetsUs) < 200_000, 'evenly');
  }
  // Picture and sound of a number were captured at one moment.
  const byNumber = new Map(sound.map((packet) => [numberOf(packet), packet.capturedUs]));
  const apartUs = picture.flatMap((packet) => {
    const soundUs = byNumber.get(numberOf(packet)) ?? null;
    return packet.capturedUs === null || soundUs === null ? [] : packet.capturedUs - soundUs;
  });
  const worstUs = Math.max(...apartUs.map(Math.abs));
  t.comment(`picture and sound at most ${worstUs} us apart in ${apartUs.length} frames`);
  t.ok(apartUs.length > 30 && worstUs < 200_000);
  const ageUs = node.now() - (picture.at(-1)?.arrivedUs ?? 0);
  t.ok(ageUs >= 0 && ageUs < 1_000_000, `${ageUs} us since the last one came`);
  t.same([taps[0].dropped, taps[1].dropped], [0, 0]);
});

t.test('what nobody taps any more does not cross', async (t) => {
  const { path, links, taps, picture, sound } = await openTapped(t);
  const [, back] = links;
  const heard = listen(taps[0]);
  await until(taps[0], () => heard.length > 0);
  t.same(back.demands.get(picture.id), { top: 0, encodings: [0] });
  t.same(back.demands.get(sound.id)?.encodings, [0]);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const count = heard.length;
  for (const tap of taps) tap.close();
  while ([...back.demands.values()].some(({ encodings }) => encodings.length > 0)) {
    await once(back, 'demand', { signal });
  }
  t.equal(heard.length, count);
  // Pulses go on, four a second.
  const before = path.passed;
  await once(back, 'demand', { signal }); // `top`, 5 s after the taps
  t.ok(path.passed - before < 60, `${path.passed - before} datagrams in 3 s`);
});

t.test('a publication that ends: its last packet, then the close', async (t) => {
  const { taps, picture } = await openTapped(t);
  const [tap] = taps;
  const heard = listen(tap);
  await until(tap, () => heard.length > 10);
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const closed = once(tap, 'close', { signal });
  picture.close();
  await closed;
  t.throws(() => tap.requestKeyFrame(), { code: 'closed' });
  t.same(
    heard.map(({ sequence }) => sequence),
    [...heard.keys()],
  );
});
