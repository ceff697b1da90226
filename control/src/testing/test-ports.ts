/**
 * Ports for servers that must be told theirs before they listen. They lie below those that the
 * kernel gives to whoever asks for any (Linux: 32768 and up), and are claimed for as long as this
 * process lives: nobody else has one between its being chosen and its being listened on.
 */

import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

const first = 10_000;
const last = 19_998;

/**
 * @param offsets what else must be free, counted from the port that is given; below 10 001.
 * @returns an even port of 127.0.0.1, for TCP and UDP.
 */
export async function claimPort(offsets: number[] = []): Promise<number> {
  for (;;) {
    const port = first + 2 * Math.floor((Math.random() * (last - first)) / 2);
    if (await claimAll([port, ...offsets.map((offset) => port + offset)])) return port;
  }
}

async function claimAll(ports: number[]): Promise<boolean> {
  const claims: Server[] = [];
  for (const port of ports) {
    const claim = await claimed(port);
    if (claim) claims.push(claim);
    if (!claim || !(await isFree(port))) {
      for (const one of claims) one.close();
      return false;
    }
  }
  return true;
}

/** A name that one process of this network namespace can have; the kernel frees it with its end. */
async function claimed(port: number): Promise<Server | undefined> {
  const claim = createServer();
  const isOurs = await begins(claim, () => claim.listen(`\0plenum-test-port-${port}`));
  return isOurs ? claim.unref() : undefined;
}

/** Of those who claim nothing: another program may listen there. */
async function isFree(port: number): Promise<boolean> {
  const [tcp, udp] = [createServer(), createSocket('udp4')];
  const isTcpFree = await begins(tcp, () => tcp.listen(port, '127.0.0.1'));
  const isUdpFree = await begins(udp, () => udp.bind(port, '127.0.0.1'));
  const closed = isTcpFree ? once(tcp, 'close') : undefined;
  if (isTcpFree) tcp.close();
  udp.close();
  await closed;
  return isTcpFree && isUdpFree;
}

async function begins(server: NodeJS.EventEmitter, begin: () => void): Promise<boolean> {
  const listening = once(server, 'listening');
  begin();
  return listening.then(
    () => true,
    () => false,
  );
}
