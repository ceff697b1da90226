import { BlockList, connect, isIP } from 'node:net';

/** A TCP port by a literal address. */
export interface PortPlace {
  address: string;
  port: number;
}

export type ProbeResult = 'open' | 'refused' | 'silent';

/** Whoever connects to one of these reaches their own machine. */
const wildcards = new BlockList();
wildcards.addAddress('0.0.0.0', 'ipv4');
wildcards.addAddress('::', 'ipv6');

/**
 * Where a node with these sockets for media is asked whether it lives: where it listens itself, not
 * where clients are told to come, as what refuses there may be a NAT. Null: nowhere. It has no TCP, or
 * `host` is a wildcard, or a name, which elsewhere may mean another machine.
 */
export function proofPlace({
  host,
  tcpPort,
}: {
  host: string;
  tcpPort: number | null;
}): PortPlace | null {
  const family = isIP(host);
  if (tcpPort === null || family === 0) return null;
  const isWildcard = wildcards.check(host, family === 6 ? 'ipv6' : 'ipv4');
  return isWildcard ? null : { address: host, port: tcpPort };
}

/** A machine that lives answers within its round trip. */
const patienceMs = 500;

/**
 * Whether a process still listens: its machine refuses connections to a port that nobody has, at once,
 * also right after a crash. `silent`: nothing can be said; the machine, or the way to it, may be down.
 */
export function probePort({ address, port }: PortPlace): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port });
    const done = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(patienceMs, () => done('silent'));
    socket.once('connect', () => done('open'));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      done(error.code === 'ECONNREFUSED' ? 'refused' : 'silent');
    });
  });
}
