/** Two nodes on loopback, a program that publishes at one and one that watches at the other. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { createLinkKeys, type LinkState, type RoomLink } from './link.js';
import { createNode, type MediaNode } from './node.js';
import type { PlainTransport } from './plain-transport.js';
import type { Room } from './room.js';
import { carry, passOn } from './testing/linked-rooms.js';
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

async function openSocket(t: Test): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.teardown(() => socket.close());
  await once(socket, 'listening');
  return socket;
}

/** Participants are spread over two media threads. */
function openNode(t: Test): MediaNode {
  const listen = [{ address: '127.0.0.1', port: 0 }];
  const node = createNode({ listen, shards: 2, placement: 'apart', maxLoad: null });
  t.teardown(() => node.close());
  node.on('refused', (error) => t.fail(error.message));
  return node;
}

/** The path between the two nodes: two sockets that pass on what comes, until it is cut. */
async function openPath(t: Test, [near, far]: [Room, Room]) {
  const [toNear, toFar] = [await openSocket(t), await openSocket(t)];
  const path = { isCut: false };
  const join = (from: Socket, to: Socket, { linkAddresses }: Room) =>
    from.on('message', (datagram) => {
      const { port = 0, address } = linkAddresses[0] ?? {};
      if (!path.isCut) to.send(datagram, port, address);
    });
  t.teardown(() => {
    path.isCut = true; // the nodes send on while sockets close
  });
  join(toNear, toFar, far);
  join(toFar, toNear, near);
  const [ownKeys, theirKeys] = createLinkKeys();
  const end = { address: '127.0.0.1' };
  const links = await Promise.all([
    near.openLink({ id: 'far', remote: { ...end, port: toNear.address().port }, keys: ownKeys }),
    far.openLink({ id: 'near', remote: { ...end, port: toFar.address().port }, keys: theirKeys }),
  ]);
  passOn(links[0], links[1]);
  passOn(links[1], links[0]);
  return { path, links };
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
