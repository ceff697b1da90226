/**
 * A relay in user space between a browser and Plenum's HTTP port, on the way of pages and signaling.
 * It can stop to pass bytes on, either way, without closing anything: as a cable that is out. What
 * was sent meanwhile comes when it passes again, as TCP has it.
 */

import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

export interface TcpRelay {
  /** The same address, by the relay. */
  address(url: string): string;
  setPassing(isPassing: boolean): void;
  /** Where connections go from now on; those that are open break. */
  setTarget(url: string): void;
  close(): Promise<void>;
}

export async function startTcpRelay(target: string): Promise<TcpRelay> {
  let { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let isPassing = true;
  const join = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('error', () => {});
    from.on('data', (bytes) => to.write(bytes));
    from.on('close', () => {
      sockets.delete(from);
      to.destroySoon();
    });
    if (!isPassing) from.pause();
  };
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    join(client, upstream);
    join(upstream, client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    address: (url) => {
      const relayed = new URL(url);
      relayed.port = String(address.port);
      return relayed.href;
    },
    setPassing: (next) => {
      isPassing = next;
      for (const socket of sockets) {
        if (next) socket.resume();
        else socket.pause();
      }
    },
    setTarget: (next) => {
      ({ hostname, port } = new URL(next));
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
