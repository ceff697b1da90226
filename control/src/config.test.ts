import t from 'tap';
import { readConfig } from './config.js';

t.test('defaults', async (t) => {
  t.match(readConfig([], {}), {
    host: '127.0.0.1',
    port: 8080,
    adminPort: 8081,
    mediaPort: 40_000,
    mediaTcpPort: 40_000,
    shards: 1,
    placement: 'together',
    announce: null,
    databaseUrl: null,
    anonymousMeetings: true,
    requestsPerMinute: 60,
  });
});

t.test('addresses to announce, with and without a port', async (t) => {
  const announced = (text: string) => readConfig(['--announce', text], {}).announce;
  t.strictSame(announced('192.0.2.1'), { address: '192.0.2.1' });
  t.strictSame(announced('192.0.2.1:4000'), { address: '192.0.2.1', port: 4000 });
  t.strictSame(announced('2001:db8::1'), { address: '2001:db8::1' });
  t.strictSame(announced('[2001:db8::1]:4000'), { address: '2001:db8::1', port: 4000 });
});

t.test('TCP for media: on the same port, another one, or none', async (t) => {
  const portOf = (...args: string[]) => readConfig(args, {}).mediaTcpPort;
  t.equal(portOf('--media-port', '5000'), 5000);
  t.equal(portOf('--media-tcp-port', '443'), 443);
  t.equal(portOf('--media-tcp-port', 'none'), null);
  t.throws(() => portOf('--media-tcp-port', 'some'), /--media-tcp-port/);
});

t.test('meetings without a login are for loopback, unless somebody says so', async (t) => {
  t.equal(readConfig(['--host', '0.0.0.0'], {}).anonymousMeetings, false);
  t.equal(readConfig(['--host', '::1'], {}).anonymousMeetings, true);
  const environment = { PLENUM_MEETINGS_ANONYMOUS: 'true' };
  t.equal(readConfig(['--host', '0.0.0.0'], environment).anonymousMeetings, true);
});

t.test('media threads: a number, or one per core', async (t) => {
  t.equal(readConfig(['--shards', '4'], {}).shards, 4);
  t.ok(readConfig(['--shards', 'auto'], {}).shards >= 1);
  for (const text of ['0', '33', '1.5', 'many']) {
    t.throws(() => readConfig(['--shards', text], {}), /--shards/);
  }
  t.equal(readConfig([], { PLENUM_MEDIA_PLACEMENT: 'apart' }).placement, 'apart');
  t.throws(() => readConfig([], { PLENUM_MEDIA_PLACEMENT: 'near' }), /PLACEMENT/);
});

t.test('how busy a media thread may be', async (t) => {
  t.equal(readConfig([], {}).maxLoad, 0.8);
  t.equal(readConfig(['--max-load', '0.5'], {}).maxLoad, 0.5);
  t.equal(readConfig(['--max-load', 'none'], {}).maxLoad, null);
  for (const text of ['0', '80', '', 'much']) {
    t.throws(() => readConfig([`--max-load=${text}`], {}), /--max-load/);
  }
});

t.test('what does not fit is refused by name', async (t) => {
  t.throws(() => readConfig(['--port', '70000'], {}), /--port/);
  t.throws(() => readConfig(['stray'], {}), /stray/);
  t.throws(() => readConfig([], { PLENUM_MEETINGS_ANONYMOUS: 'yes' }), /ANONYMOUS/);
  t.throws(() => readConfig([], { PLENUM_LIMITS_REQUESTS_PER_MINUTE: '0' }), /REQUESTS/);
});
