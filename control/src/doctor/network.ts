import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { BlockList, createServer, isIP } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type PortUse, portsOf } from '../commands/ports.js';
import { isLoopback, isPublic } from '../config/hosts.js';
import type { Config } from '../config.js';
import { ownerOf } from '../store/folder-lock.js';
import { type Check, failed, ok, skipped, warning } from './finding.js';

const echoMs = 2000;

/** Can a start listen where it wants to? */
export const ports: Check = async (config) => {
  const owner = ownerOf(config.data.folder);
  if (owner !== null) return ok(`held by the Plenum that runs, process ${owner}`);
  const wanted = portsOf(config);
  const errors = await Promise.all(wanted.map(bindError));
  const complaints = errors.flatMap((code, index) => {
    const use = wanted[index] as PortUse;
    return code === null ? [] : [`${use.protocol} ${use.host}:${use.first}: ${code}`];
  });
  if (complaints.length === 0) return ok(`${wanted.length} are free`);
  return failed(
    complaints.join(', '),
    'EADDRINUSE: end what listens there (ss -lntup), or say another port; ' +
      'EADDRNOTAVAIL: say an address of this machine (ip addr)',
  );
};

/** The code of the error, null when it works. */
async function bindError({ protocol, host, first, last }: PortUse): Promise<string | null> {
  for (let port = first; port <= last; port++) {
    try {
      await (protocol === 'tcp' ? tryTcp(host, port) : tryUdp(host, port));
    } catch (error) {
      return (error as NodeJS.ErrnoException).code ?? String(error);
    }
  }
  return null;
}

async function tryTcp(host: string, port: number): Promise<void> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  server.close();
  await once(server, 'close');
}

async function tryUdp(host: string, port: number): Promise<void> {
  const socket = await boundSocket(host, port);
  socket.close();
}

async function boundSocket(host: string, port: number): Promise<Socket> {
  const socket = createSocket(host.includes(':') ? 'udp6' : 'udp4');
  try {
    socket.bind(port, host);
    await once(socket, 'listening');
    return socket;
  } catch (error) {
    socket.close();
    throw error;
  }
}

/** The addresses that clients are told. */
function toldAddresses({ media }: Config, own: string[]): string[] {
  if (media.announce !== null) return [media.announce.address];
  if (media.host === 'localhost') return ['127.0.0.1'];
  if (media.host !== '0.0.0.0' && media.host !== '::') return [media.host];
  return own.filter((address) => !isLoopback(address) && !address.startsWith('fe80:'));
}

/** A datagram to the address that clients are told: does it come to the media port? */
export const udp: Check = async (config, { ownAddresses }) => {
  const own = ownAddresses();
  const [address] = toldAddresses(config, own).filter((one) => isIP(one) > 0);
  if (address === undefined) return skipped('no literal address to send to');
  // While Plenum runs the port is taken, and another one says as much about the way.
  const isRunning = ownerOf(config.data.folder) !== null;
  const socket = await boundSocket(config.media.host, isRunning ? 0 : config.media.port).catch(
    () => null,
  );
  if (socket === null) return skipped('the media port cannot be bound (see ports)');
  const mapped = isRunning ? undefined : config.media.announce?.port;
  const isComing = await comesBack(socket, address, mapped ?? socket.address().port);
  if (isComing) return ok(`a datagram to ${address} arrives`);
  const detail = `a datagram to ${address} does not arrive at the media port`;
  const open = `let UDP ${config.media.port} in (firewall), or correct media.announce`;
  return own.includes(address)
    ? failed(detail, open)
    : warning(`${detail}; many routers do not send back what comes from inside`, open);
};

async function comesBack(socket: Socket, address: string, port: number): Promise<boolean> {
  try {
    const arrival = once(socket, 'message').then(() => true);
    socket.send('plenum doctor', port, address, () => {});
    return await Promise.race([arrival, delay(echoMs, false, { ref: false })]);
  } catch {
    return false;
  } finally {
    socket.close();
  }
}

/** RFC 1918, RFC 6598, RFC 3927, RFC 4193. */
const privateAddresses = new BlockList();
for (const range of ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '100.64.0.0/10']) {
  const [net = '', bits] = range.split('/');
  privateAddresses.addSubnet(net, Number(bits), 'ipv4');
}
privateAddresses.addSubnet('169.254.0.0', 16, 'ipv4');
privateAddresses.addSubnet('fc00::', 7, 'ipv6');

/** Do clients of other networks get an address that they can reach? */
export const address: Check = (config, { ownAddresses }) => {
  const told = toldAddresses(config, ownAddresses());
  if (!isPublic(config)) return ok(`${told.join(', ')}: this machine alone`);
  const fix = 'set media.host to an address of this machine, or media.announce to that of its NAT';
  const [first] = told;
  if (first === undefined) return failed('clients are told no media address at all', fix);
  if (told.some((one) => isIP(one) === 0)) return failed(`${first} is no literal address`, fix);
  if (told.every(isLoopback)) return failed(`clients are told ${first}, their own machine`, fix);
  if (told.every(isPrivate)) return warning(`${first} is reached in its own network only`, fix);
  return ok(told.join(', '));
};

function isPrivate(address: string): boolean {
  return privateAddresses.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
}
