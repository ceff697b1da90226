/** Two nodes on loopback, a program that publishes at one and one that watches at the other. */
import type { Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { LinkState, RoomLink } from './link.js';
import { createNode, type MediaNode } from './node.js';
import type { PlainTransport } from './plain-transport.js';
import type { Room } from './room.js';
import { carry } from './testing/linked-rooms.js';
import { openPath, openSocket } from './testing/linked-sockets.js';
import {
  isRtcp,
  readRtcp,
  readRtp,
  VP8_DELTA_FRAME,
  VP8_KEY_FRAME,
  writeRtp,
} from './testing/rtp.js';

const DEADLINE_MS = 15_000;
const CODEC = { payloadType: 96, codec: 'vp8', feedback: ['pli'] } as const;
const SSRC = 4242;

/** Participants are spread over two media threads. */
function openNode(t: Test): MediaNode {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const node = createNode({ listen, shards: 2, placement: 'apart', maxLoad: null });
  t.teardown(() => node.close());
  node.on('refused', (error) => t.fail(error.message));
  return node;
}

async function openPlain(room: Room, id: string, socket: Socket): Promise<PlainTransport> {
  const { port } = socket.address();
  const participant = room.addParticipant({ id, autoSubscribe: false });
  return participant.createPlainTransport({ remote: { address: '127.0.0.1', port } });
}

/** 50 frames a second from here on; a key frame first, and when it is asked for. */
function film(t: Test, socket: Socket, { local }: PlainTransport): void {
  let isKeyDue = true;
  socket.on('message', (datagram) => {
    if (!isRtcp(datagram)) return;
    isKeyDue ||= readRtcp(datagram).some(([type, format]) => type === 206 && format === 1);
  });
  let sequence = 0;
  const timer = setInterval(() => {
    const payload = isKeyDue ? VP8_KEY_FRAME : VP8_DELTA_FRAME;
    isKeyDue = false;
    const packet = { ssrc: SSRC, sequence: ++sequence, timestamp: 1800 * sequence, payload };
    socket.send(writeRtp(packet), local.port, local.address);
  }, 20);
  t.teardown(() => clearInterval(timer));
}

/** Resolves with the first frame from now on that `isIt`. */
function nextFrame(socket: Socket, isIt: (payload: Buffer) => boolean = () => true): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('no such frame came')), DEADLINE_MS);
    socket.on('message', function look(datagram) {
      if (isRtcp(datagram) || !isIt(readRtp(datagram).payload)) return;
      clearTimeout(timer);
      socket.off('message', look);
      resolve();
    });
  });
}

async function enters(link: RoomLink, state: LinkState): Promise<void> {
  const signal = AbortSignal.timeout(DEADLINE_MS);
  while (link.state !== state) await once(link, 'state', { signal });
}

const isKey = (payload: Buffer) => payload.equals(VP8_KEY_FRAME);

t.test('a publication crosses, a cut of the path heals, what is local goes on', async (t) => {
  const nodes = [openNode(t), openNode(t)];
  const [near, far] = nodes.map((node) => node.createRoom({ id: 'room' })) as [Room, Room];
  const { path, links } = await openPath(t, [near, far]);
  const [there, back] = links;
  const [studio, local, distant] = [await openSocket(t), await openSocket(t), await openSocket(t)];
  const source = await openPlain(near, 'studio', studio);
  const published = await source.publish({ kind: 'video', source: 'camera', codecs: [CODEC] });
  film(t, studio, source);
  const watching = await openPlain(near, 'local', local);
  watching.subscribe(published.id, { codecs: [CODEC] });
  await nextFrame(local, isKey);

  const seen = carry(published.id, there, back);
  const viewer = await openPlain(far, 'distant', distant);
  const begun = nextFrame(distant, isKey);
  viewer.subscribe(seen.id, { codecs: [CODEC] });
  await Promise.all([begun, enters(there, 'connected'), enters(back, 'connected')]);
  await nextFrame(distant);

  const [row] = nodes[0]?.stats().links ?? [];
  t.match(row, { roomId: 'room', linkId: 'far', state: there.state });
  t.ok((row?.packetsSent ?? 0) > 0);

  path.isCut = true;
  await Promise.all([enters(there, 'silent'), enters(back, 'silent')]);
  await nextFrame(local);
  const lost: number[] = [];
  distant.on('message', (datagram) => {
    if (!isRtcp(datagram)) lost.push(datagram.length);
  });
  await nextFrame(local);
  t.same(lost, [], 'nothing comes');
  path.isCut = false;
  const startedMs = performance.now();
  await Promise.all([nextFrame(distant, isKey), enters(there, 'connected')]);
  t.comment(`the picture was there again ${Math.round(performance.now() - startedMs)} ms later`);
  await nextFrame(local);

  published.setMuted(true);
  await once(far, 'publicationUpdated', { signal: AbortSignal.timeout(DEADLINE_MS) });
  t.equal(seen.muted, true);
  const ended = once(far, 'publicationRemoved', { signal: AbortSignal.timeout(DEADLINE_MS) });
  published.close();
  t.match(await ended, [{ id: published.id }, 'removed']);
});
