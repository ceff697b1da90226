/** Two rooms of two real nodes on loopback, and a path between them that can be cut. For tests. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import type { Test } from 'tap';
import { createLinkKeys, type RoomLink } from '../link.js';
import type { Room } from '../room.js';
import { passOn } from './linked-rooms.js';

export interface LinkPath {
  isCut: boolean;
  /** Whether the next datagram is lost, either way. */
  loses: () => boolean;
  /** Datagrams that were passed on from the near room to the far one. */
  passed: number;
}

export async function openSocket(t: Test): Promise<Socket> {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  t.teardown(() => socket.close());
  await once(socket, 'listening');
  return socket;
}

/** Two sockets that pass on what comes; the links of both ends, which hear each other's words. */
export async function openPath(
  t: Test,
  [near, far]: [Room, Room],
): Promise<{ path: LinkPath; links: [RoomLink, RoomLink] }> {
  const [toNear, toFar] = [await openSocket(t), await openSocket(t)];
  const path: LinkPath = { isCut: false, loses: () => false, passed: 0 };
  const join = (from: Socket, to: Socket, { linkAddresses }: Room) =>
    from.on('message', (datagram) => {
      const { port = 0, address } = linkAddresses[0] ?? {};
      if (path.isCut || path.loses()) return;
      if (from === toFar) path.passed++;
      to.send(datagram, port, address);
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
