import { connect } from 'node:net';

export type ProbeResult = 'open' | 'refused' | 'silent';

/** A machine that lives answers within its round trip. */
const patienceMs = 500;

/**
 * Whether a process still listens: its machine refuses connections to a port that nobody has, at once,
 * also right after a crash. `silent`: nothing can be said; the machine, or the way to it, may be down.
 */
export function probePort({
  address,
  port,
}: {
  address: string;
  port: number;
}): Promise<ProbeResult> {
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
