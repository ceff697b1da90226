/**
 * A process at one end of the link, so that nothing else makes it late. Near: between the node and
 * the queue of the link; far: behind it, where the delay and the jitter of the way are. Both note
 * which media packets pass. The order is the one argument (JSON); ends with its parent.
 */
import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { setPriority } from 'node:os';
import { Way } from '../scorecard/link.js';
import { makeRandom } from '../scorecard/random.js';
import { DelayLine, nowUs } from './delay-line.js';
import { type FromRelay, mediaOf, type Passage, type RelayOrder, type ToRelay } from './passage.js';

const HIGH_PRIORITY = -15;

const order: RelayOrder = JSON.parse(process.argv[2] ?? '');
const isFar = order.end === 'far';
const passages: Passage[] = [];
let target = { address: '', port: 0 };

process.on('disconnect', () => process.exit());
// Ctrl-C reaches everybody: the parent says when it is over.
process.on('SIGINT', () => {});
setPriority(HIGH_PRIORITY);

const front = createSocket('udp4');
const clients = new Map<string, (datagram: Buffer) => void>();
front.on('error', () => {});
front.on('message', (datagram, client) => {
  const key = `${client.address}:${client.port}`;
  const hand = clients.get(key) ?? connect(client);
  clients.set(key, hand);
  hand(datagram);
});
front.bind(0, order.listen);
await once(front, 'listening');
process.on('message', (message: ToRelay) => {
  if (message.type === 'target') target = message;
  else say({ type: 'passages', passages });
});
say({ type: 'listening', port: front.address().port });

function say(message: FromRelay): void {
  process.send?.(message);
}

/** A way of its own for each client, both directions; gives what takes its datagrams. */
function connect(client: RemoteInfo): (datagram: Buffer) => void {
  const socket = createSocket('udp4');
  socket.on('error', () => {});
  socket.bind(0);
  const name = `${order.end} ${clients.size}`;
  const [there, back] = [new Way(...wayOf(`${name} there`)), new Way(...wayOf(`${name} back`))];
  const [outward, returning] = [new DelayLine(), new DelayLine()];
  socket.on('message', (datagram) => {
    const atUs = nowUs();
    const releasedUs = isFar ? there.arrivalUs(atUs) : atUs;
    const media = mediaOf(datagram);
    if (media) passages.push({ ...media, atUs, releasedUs, bytes: datagram.length });
    // The far end answers from where it is sent to; the near end is written to from the far one.
    const answer = () => (isFar ? front : socket).send(datagram, client.port, client.address);
    if (isFar) outward.push(releasedUs, answer);
    else answer();
  });
  return (datagram) => {
    const send = () => sendTo(socket, datagram);
    if (isFar) returning.push(back.arrivalUs(nowUs()), send);
    else send();
  };
}

function sendTo(socket: Socket, datagram: Buffer): void {
  if (target.port > 0) socket.send(datagram, target.port, target.address);
}

function wayOf(name: string) {
  return [order.delayUs, order.jitter, makeRandom(1, name)] as const;
}
