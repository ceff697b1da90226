/** Where a node is asked whether it lives, and what its machine answers. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import t from 'tap';
import { claimPort } from '../testing/test-ports.js';
import { probePort, proofPlace } from './port-probe.js';

t.test('a literal address is asked where it listens, whatever clients are told', async (t) => {
  const announce = { address: '198.51.100.7', port: 3478 };
  for (const host of ['192.0.2.1', '2001:db8::1', '127.0.0.1']) {
    const media = { host, tcpPort: 40_000, announce };
    t.strictSame(proofPlace(media), { address: host, port: 40_000 });
  }
});

t.test('nobody is asked without TCP, at a wildcard or by a name', async (t) => {
  t.equal(proofPlace({ host: '192.0.2.1', tcpPort: null }), null);
  for (const host of ['0.0.0.0', '::', '::0', '0:0:0:0:0:0:0:0', '::ffff:0.0.0.0', 'n1.example']) {
    t.equal(proofPlace({ host, tcpPort: 40_000 }), null, host);
  }
});

t.test('open while somebody listens, refused afterwards', async (t) => {
  const place = { address: '127.0.0.1', port: await claimPort() };
  const server = createServer((socket) => socket.destroy()).listen(place.port, place.address);
  await once(server, 'listening');
  t.equal(await probePort(place), 'open');
  server.close();
  await once(server, 'close');
  t.equal(await probePort(place), 'refused');
});
