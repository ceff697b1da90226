import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

/** `/readyz` answers within 100 ms; the rest is the way around the world and back, three times. */
const patienceMs = 1000;

/**
 * Asks an address for a URL whose name it need not have in any DNS, and whether its answer is a 2xx.
 * Certificates have to be good for that name. Each look is a connection of its own, as a newcomer's is.
 */
export function answersWell(address: string, url: URL): Promise<boolean> {
  const isSecure = url.protocol === 'https:';
  const begin = isSecure ? httpsRequest : httpRequest;
  return new Promise((resolve) => {
    const asking = begin(
      {
        host: address,
        port: url.port || (isSecure ? 443 : 80),
        path: url.pathname,
        servername: url.hostname,
        headers: { host: url.host },
        agent: false,
        signal: AbortSignal.timeout(patienceMs),
      },
      (answer) => {
        const { statusCode = 0 } = answer;
        answer.resume();
        resolve(statusCode >= 200 && statusCode < 300);
      },
    );
    asking.on('error', () => resolve(false));
    asking.end();
  });
}
