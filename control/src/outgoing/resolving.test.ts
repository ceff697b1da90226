import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { TestNameServer } from '../testing/test-name-server.js';
import { Outgoing } from './outgoing.js';
import { resolveName } from './resolving.js';

const refused = 5;
const names = await TestNameServer.open(t, {
  'slow.test': { A: null, AAAA: null },
  'silent.test': { A: null, AAAA: null },
  'quick.test': { A: ['127.0.0.1'] },
  'both.test': { A: ['192.0.2.1', '192.0.2.2'], AAAA: ['2001:db8::1'] },
  'half.test': { A: ['192.0.2.3'], AAAA: refused },
  'nothing.test': { A: [] },
  'mixed.test': { A: ['8.8.8.8'], AAAA: ['fd00::1'] },
});
const servers = [names.address];
const hostsFile = join(t.testdir(), 'hosts');
await writeFile(
  hostsFile,
  '# ours\n127.0.0.5\tHooks.test hooks # not.test\n::5 hooks.test\nnonsense quick.test\n',
);
const never = new AbortController().signal;
const resolve = (host: string, signal = never) => resolveName(host, signal, { servers, hostsFile });

t.test('a name has the addresses of both families', async (t) => {
  t.strictSame(await resolve('both.test'), [
    { address: '192.0.2.1', family: 4 },
    { address: '192.0.2.2', family: 4 },
    { address: '2001:db8::1', family: 6 },
  ]);
  t.strictSame(await resolve('half.test'), [{ address: '192.0.2.3', family: 4 }]);
  await t.rejects(resolve('nothing.test'), { code: 'ENODATA' });
  await t.rejects(resolve('unknown.test'), { code: 'ENOTFOUND' });
});

t.test('the hosts file comes first', async (t) => {
  const inFile = [
    { address: '127.0.0.5', family: 4 },
    { address: '::5', family: 6 },
  ];
  t.strictSame(await resolve('hooks.test'), inFile);
  t.strictSame(await resolve('hooks'), inFile.slice(0, 1));
  await t.rejects(resolve('not.test'), { code: 'ENOTFOUND' });
  t.match(await resolve('quick.test'), [{ address: '127.0.0.1' }]);
  const none = { servers, hostsFile: join(hostsFile, 'missing') };
  await t.rejects(resolveName('hooks.test', never, none), { code: 'ENOTFOUND' });
});

t.test('whatever a name server says is checked', async (t) => {
  const strict = new Outgoing({ allowPrivate: false, resolve });
  const post = (host: string) =>
    strict.post({ url: `https://${host}/`, headers: {}, body: '', signal: never });
  for (const host of ['quick.test', 'mixed.test', 'hooks.test']) {
    await t.rejects(post(host), { code: 'address' }, host);
  }
  await t.rejects(post('nothing.test'), { code: 'unreachable', message: /ENODATA/ });
});

t.test('names that nobody answers for hold up no other, and end with their request', async (t) => {
  const receiver = createServer((_, response) => response.end());
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  t.teardown(() => receiver.close());
  const { port } = receiver.address() as AddressInfo;
  const outgoing = new Outgoing({ allowPrivate: true, resolve });
  const abort = new AbortController();
  const post = (host: string, signal: AbortSignal) =>
    outgoing.post({ url: `http://${host}:${port}/`, headers: {}, body: '', signal });
  // libuv has four threads, of which two may wait for names.
  const slow = Array.from({ length: 64 }, () => post('slow.test', abort.signal).catch((e) => e));
  await names.waiting('slow.test', 2 * slow.length);
  t.equal(await Promise.race([post('quick.test', never), ...slow]), 200);
  const asking = resolve('silent.test', abort.signal);
  await names.waiting('silent.test', 2);
  abort.abort();
  await t.rejects(asking, { code: 'ECANCELLED' });
  for (const error of await Promise.all(slow)) t.equal(error.code, 'aborted');
});
