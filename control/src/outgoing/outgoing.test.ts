import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../config.js';
import { Outgoing, type OutgoingRequest } from './outgoing.js';

const fixture = (name: string) =>
  readFileSync(join(projectRoot, 'test/fixtures/tls', name), 'utf8');
const cert = fixture('hooks.test.pem');
const key = fixture('hooks.test.key');

async function listening(t: Test, server: Server, host = '127.0.0.1', port = 0): Promise<number> {
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

const serve = (t: Test, listener: RequestListener) => listening(t, createServer(listener));
const wish = (url: string, also: Partial<OutgoingRequest> = {}): OutgoingRequest => ({
  url,
  headers: {},
  body: '{}',
  signal: new AbortController().signal,
  ...also,
});
const anywhere = new Outgoing({ allowPrivate: true });

t.test('what is refused before anything is resolved', async (t) => {
  const resolve = async () => t.fail('resolved') as never;
  const outgoing = new Outgoing({ allowPrivate: false, resolve });
  const refused = [
    'no address',
    'http://example.org/',
    'ftp://example.org/',
    'file:///etc/passwd',
    'javascript:1',
    'https://name:password@example.org/',
    'https://name@example.org/',
    'https://127.0.0.1/',
    'https://127.1/',
    'https://2130706433/',
    'https://0x7f000001/',
    'https://0x7f.0.0.1/',
    'https://017700000001/',
    'https://0177.0.0.1/',
    'https://%31%32%37.0.0.1/',
    'https://127.0.0.1./',
    'https://\uff11\uff12\uff17.0.0.1/',
    'https://\u2460\u2461\u2466.0.0.1/',
    'https://0/',
    'https://169.254.169.254/latest/meta-data/',
    'https://10.0.0.1:8443/',
    'https://[::1]/',
    'https://[::]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[::ffff:7f00:1]/',
    'https://[64:ff9b::7f00:1]/',
    'https://[2002:7f00:1::]/',
    'https://[fe80::1]/',
    'https://[fe80::1%25eth0]/',
    'https://[fd00::1]/',
    'https://[::127.0.0.1]/',
  ];
  for (const url of refused) {
    t.throws(() => outgoing.check(url), { code: 'address' }, url);
    await t.rejects(outgoing.post(wish(url)), { code: 'address' }, url);
  }
  t.equal(outgoing.check('https://EXAMPLE.org:443/a b').href, 'https://example.org/a%20b');
  t.equal(outgoing.check('https://8.8.8.8/').hostname, '8.8.8.8');
});

t.test('a name that leads to a private address is refused, alone or among others', async (t) => {
  const leadsTo = (...addresses: string[]) => {
    const family = (address: string) => (address.includes(':') ? 6 : 4);
    const resolve = async () => addresses.map((address) => ({ address, family: family(address) }));
    return new Outgoing({ allowPrivate: false, resolve }).post(wish('https://hooks.test/'));
  };
  for (const address of ['127.0.0.1', '10.1.2.3', '::1', 'fd00::1', '::ffff:127.0.0.1']) {
    await t.rejects(leadsTo(address), { code: 'address' }, address);
    await t.rejects(leadsTo('8.8.8.8', address), { code: 'address' }, `8.8.8.8 ${address}`);
  }
  await t.rejects(leadsTo(), { code: 'unreachable' });
  const real = new Outgoing({ allowPrivate: false });
  await t.rejects(real.post(wish('https://localhost/')), { code: 'address' });
});

t.test('it connects to the address that was checked, and nowhere else', async (t) => {
  const served: string[] = [];
  const server = (name: string) =>
    createSecureServer({ cert, key }, (request, response) => {
      served.push(`${name} ${request.method} ${request.headers.host}`);
      response.end();
    });
  const port = await listening(t, server('checked'), '127.0.0.2');
  await listening(t, server('other'), '127.0.0.3', port);
  let asked = 0;
  // Answers otherwise whenever it is asked again, as a name under an attacker's control does.
  const resolve = async () => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.2' : '127.0.0.3', family: 4 }];
  };
  const isAllowed = (address: string) => address === '127.0.0.2';
  const outgoing = new Outgoing({ allowPrivate: false, resolve, isAllowed, ca: cert });
  t.equal(await outgoing.post(wish(`https://hooks.test:${port}/`)), 200);
  t.equal(asked, 1);
  t.strictSame(served, [`checked POST hooks.test:${port}`]);
  await t.rejects(outgoing.post(wish(`https://hooks.test:${port}/`)), { code: 'address' });
  t.equal(served.length, 1);
});

t.test('certificates are checked, for the name', async (t) => {
  const port = await listening(
    t,
    createSecureServer({ cert, key }, (_, response) => response.end()),
  );
  const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
  const trusting = new Outgoing({ allowPrivate: true, resolve, ca: cert });
  const strict = new Outgoing({ allowPrivate: true, resolve });
  t.equal(await trusting.post(wish(`https://hooks.test:${port}/`)), 200);
  const unknown = { code: 'unreachable', message: /SELF_SIGNED/ };
  await t.rejects(strict.post(wish(`https://hooks.test:${port}/`)), unknown);
  const misnamed = { code: 'unreachable', message: /ALTNAME/ };
  await t.rejects(trusting.post(wish(`https://another.test:${port}/`)), misnamed);
});

t.test('redirects are answers, not ways', async (t) => {
  let requests = 0;
  const port = await serve(t, (_, response) => {
    requests += 1;
    response.writeHead(307, { location: '/elsewhere' }).end();
  });
  t.equal(await anywhere.post(wish(`http://127.0.0.1:${port}/`)), 307);
  t.equal(requests, 1);
});

t.test('method, headers, body', async (t) => {
  let seen: object = {};
  const port = await serve(t, async (request, response) => {
    const chunks = await request.toArray();
    seen = { method: request.method, headers: request.headers, body: String(chunks.join('')) };
    response.writeHead(204).end();
  });
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify({ name: 'Łódź' });
  t.equal(await anywhere.post(wish(`http://127.0.0.1:${port}/a?b=c`, { headers, body })), 204);
  t.match(seen, { method: 'POST', headers: { ...headers, connection: 'close' }, body });
});

t.test('of an answer without end little is read, and nothing is inflated', async (t) => {
  const closed: Promise<unknown>[] = [];
  const port = await serve(t, (_, response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' });
    const write = () => {
      while (!response.destroyed && response.write(Buffer.alloc(4096)));
    };
    response.on('drain', write);
    response.on('error', () => {});
    closed.push(once(response, 'close'));
    write();
  });
  t.equal(await anywhere.post(wish(`http://127.0.0.1:${port}/`)), 200);
  await closed[0];
  const headers = await serve(t, (_, response) => {
    response.writeHead(200, { 'x-long': 'y'.repeat(20_000) }).end();
  });
  await t.rejects(anywhere.post(wish(`http://127.0.0.1:${headers}/`)), { code: 'unreachable' });
});

t.test('whoever does not answer is left', async (t) => {
  const abort = new AbortController();
  const silent = await serve(t, () => abort.abort());
  const late = wish(`http://127.0.0.1:${silent}/`, { signal: abort.signal });
  await t.rejects(anywhere.post(late), { code: 'aborted' });
  const early = { ...late, url: 'http://hooks.test/' };
  const stuck = new Outgoing({ allowPrivate: true, resolve: () => new Promise(() => {}) });
  await t.rejects(stuck.post(early), { code: 'aborted' });

  const trickling = await serve(t, (_, response) => {
    response.writeHead(200).write('x');
    response.on('error', () => {});
  });
  const slow = new AbortController();
  const onAnswer = () => setImmediate(() => slow.abort());
  subscribe('http.client.response.finish', onAnswer);
  t.teardown(() => unsubscribe('http.client.response.finish', onAnswer));
  const answered = wish(`http://127.0.0.1:${trickling}/`, { signal: slow.signal });
  t.equal(await anywhere.post(answered), 200, 'a status that came counts');
});

t.test('connections that break', async (t) => {
  const breaking = createTcpServer((socket) => socket.destroy());
  const port = await listening(t, breaking);
  await t.rejects(anywhere.post(wish(`http://127.0.0.1:${port}/`)), { code: 'unreachable' });
  breaking.close();
  await once(breaking, 'close');
  const refused = { code: 'unreachable', message: /ECONNREFUSED/ };
  await t.rejects(anywhere.post(wish(`http://127.0.0.1:${port}/`)), refused);
  const upgrading = createTcpServer((socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n');
    socket.on('error', () => {});
  });
  const switching = await listening(t, upgrading);
  const url = `http://127.0.0.1:${switching}/`;
  await t.rejects(anywhere.post(wish(url)), { code: 'unreachable' });
});
