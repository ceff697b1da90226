import type { Host } from './host.js';
import type { Network } from './network.js';

/** Of whoever asks by HTTP. */
const patienceMs = 10_000;

/** A request and its answer over a connection of their own. @throws Error when there is none. */
export function ask<Answer>(
  network: Network,
  from: Host,
  address: string,
  { path, body }: { path: string; body: object },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const socket = network.open(from, address, path);
    const cancel = network.world.at(patienceMs, () => socket.terminate(), from);
    let reason = 'the connection broke';
    socket.on('error', (error) => {
      reason = error.message;
    });
    socket.on('open', () => socket.send(body));
    socket.on('message', (answer: Answer) => {
      cancel();
      socket.terminate();
      resolve(answer);
    });
    socket.on('close', () => {
      cancel();
      reject(new Error(reason));
    });
  });
}

/** The side that answers; what it throws is its own mistake. */
export function answer<Body>(
  network: Network,
  host: Host,
  path: string,
  serve: (body: Body) => Promise<object>,
): void {
  network.listen(host, path, (socket) => {
    socket.on('message', (body: Body) => {
      serve(body).then(
        (given) => socket.send(given),
        (error) => host.world.fail(error),
      );
    });
  });
}
