import { randomBytes } from 'node:crypto';
import t from 'tap';
import type { Machine } from '../machine.js';
import { isPublic } from './hosts.js';
import { judgeStart, said } from './public-start.js';
import { readConfig } from './read.js';
import { isKnown, leastKeyBytes, weaknessOf } from './weak-secrets.js';

const good: Machine = {
  openFiles: 1_048_576,
  receiveBufferBytes: Number.POSITIVE_INFINITY,
  sendBufferBytes: 4_194_304,
};
const fit = {
  PLENUM_CONFIG: 'none',
  PLENUM_HTTP_HOST: '192.0.2.1',
  PLENUM_HTTP_ORIGIN: 'https://meet.example',
  PLENUM_KEYS_SECRET: randomBytes(32).toString('base64'),
};

function refused(environment: NodeJS.ProcessEnv, machine = good) {
  return judgeStart(readConfig([], environment), machine).refused.map(said);
}

t.test('what is public', async (t) => {
  const reach = (environment: NodeJS.ProcessEnv) =>
    isPublic(readConfig([], { PLENUM_CONFIG: 'none', ...environment }));
  for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) {
    t.notOk(reach({ PLENUM_HTTP_HOST: host }), host);
  }
  for (const host of ['0.0.0.0', '::', '192.168.0.1', 'meet.example']) {
    t.ok(reach({ PLENUM_HTTP_HOST: host }), host);
  }
  t.ok(reach({ PLENUM_MEDIA_HOST: '192.0.2.1' }));
  t.ok(reach({ PLENUM_HTTP_ORIGIN: 'https://meet.example' }), 'behind a proxy');
  t.notOk(reach({ PLENUM_HTTP_ORIGIN: 'http://[::1]:8080' }));
  const behind = { PLENUM_CONFIG: 'none', PLENUM_HTTP_ORIGIN: 'https://meet.example' };
  t.notOk(readConfig([], behind).meetings.anonymous, 'nor may anybody open a meeting there');
});

t.test('a start on this machine is asked nothing', async (t) => {
  const poor = { openFiles: 256, receiveBufferBytes: 1, sendBufferBytes: 1 };
  const environment = { PLENUM_CONFIG: 'none', PLENUM_KEYS_SECRET: 'short' };
  t.strictSame(refused(environment, poor), []);
});

t.test('a public start that is fit goes on', async (t) => {
  t.strictSame(refused(fit), []);
  t.strictSame(refused({ ...fit, PLENUM_HTTP_HOST: '' }), [], 'behind a proxy on this machine');
  const unknown = { openFiles: null, receiveBufferBytes: null, sendBufferBytes: null };
  t.strictSame(refused(fit, unknown), [], 'a system that does not say');
});

t.test('each role is asked what it needs', async (t) => {
  const poor = { openFiles: 1024, receiveBufferBytes: 1, sendBufferBytes: 1 };
  const config = readConfig([], { PLENUM_CONFIG: 'none', PLENUM_HTTP_HOST: '0.0.0.0' });
  const lacks = (role: string) => judgeStart(config, poor, role).refused.map(({ what }) => what);
  t.match(lacks('node'), [/buffer/, /buffer/, /files/]);
  t.equal(lacks('node').length, 3);
  t.match(lacks('control'), [/keys/, /plain HTTP/, /files/]);
  t.equal(lacks('control').length, 3);
});

t.test('everything that is lacking is said at once, each with what to do', async (t) => {
  const environment = { PLENUM_CONFIG: 'none', PLENUM_HTTP_HOST: '0.0.0.0' };
  const all = refused(environment, {
    openFiles: 1024,
    receiveBufferBytes: 212_992,
    sendBufferBytes: 212_992,
  });
  t.match(all, [
    /generated.*openssl rand -base64 32.*security.allow_generated_keys: true/,
    /plain HTTP.*http.origin/,
    /212992 bytes.*sysctl -w net.core.rmem_max=4194304/,
    /212992 bytes.*sysctl -w net.core.wmem_max=4194304/,
    /1024 files.*LimitNOFILE/,
  ]);
  t.equal(all.length, 5);
});

t.test('each alone', async (t) => {
  const { PLENUM_KEYS_SECRET: _, ...generated } = fit;
  t.match(refused(generated), [/generated/]);
  t.strictSame(refused({ ...generated, PLENUM_SECURITY_ALLOW_GENERATED_KEYS: 'true' }), []);
  t.match(refused({ ...fit, PLENUM_HTTP_ORIGIN: 'http://meet.example' }), [/plain HTTP/]);
  t.match(refused({ ...fit, PLENUM_HTTP_ORIGIN: '' }), [/plain HTTP/]);
  t.match(refused(fit, { ...good, openFiles: 65_535 }), [/65535 files/]);
  t.strictSame(refused(fit, { ...good, openFiles: 65_536 }), []);
  t.match(refused(fit, { ...good, receiveBufferBytes: 4_194_303 }), [/rmem_max/]);
  t.match(refused({ ...fit, PLENUM_MEDIA_LEAST_BUFFER_BYTES: '8000000' }), [/wmem_max=8000000/]);
});

t.test('D-20: known, default and short secrets', async (t) => {
  const weak = [
    ...['', 'secret', 'changeme', 'x'.repeat(31), 'x'.repeat(32), '0'.repeat(64)],
    ...['0123456789abcdef0123456789abcdef', 'changemechangemechangemechangeme'],
    ...['your-super-secret-jwt-token-with-at-least-32-characters-long', 'password'.repeat(8)],
    ...['abcdefghijklmnopqrstuvwxyz0123456789', 'CHANGE-ME-TO-A-RANDOM-VALUE-OF-32-BYTES'],
    ...[
      'replace_this_with_openssl_rand_base64_32',
      'ab'.repeat(20),
      'plenum-secret-plenum-secret-12345',
    ],
  ];
  for (const secret of weak) t.ok(weaknessOf(secret, leastKeyBytes), secret);
  for (let count = 0; count < 1000; count++) {
    const secret = randomBytes(32).toString(count % 2 ? 'base64' : 'hex');
    if (weaknessOf(secret, leastKeyBytes) !== null) t.fail(secret);
  }
  t.equal(weaknessOf('ä'.repeat(8) + randomBytes(16).toString('hex').slice(0, 16), 32), null);
  for (const password of ['postgres', 'Admin', '12345', '123456789', 'p@ssw0rd!password']) {
    t.ok(isKnown(password), password);
  }
  t.notOk(isKnown('w9fj-3kd8'));
});

t.test(
  'D-20: every secret that an operator gives is looked at, and allowing insecurity is no help',
  async (t) => {
    const insecure = { ...fit, PLENUM_SECURITY_ALLOW_INSECURE: 'true' };
    const secretsOf = (environment: NodeJS.ProcessEnv) =>
      judgeStart(readConfig([], { ...insecure, ...environment }), good).refused.map(said);
    t.match(secretsOf({ PLENUM_KEYS_SECRET: 'a3#kf9' }), [/^keys.secret has 6 bytes, 32 are/]);
    t.match(secretsOf({ PLENUM_KEYS_SECRET: 'changeme'.repeat(5) }), [/everybody knows/]);
    t.match(secretsOf({ DATABASE_URL: 'postgres://plenum:plenum@db/plenum' }), [/store.url/]);
    t.match(secretsOf({ PLENUM_BUS_URL: 'redis://:redis@cache' }), [/bus.url/]);
    t.match(secretsOf({ PLENUM_MAIL_URL: 'smtp://me:changeme@mail' }), [/mail.url/]);
    t.strictSame(secretsOf({ DATABASE_URL: 'postgres://plenum:w9fj-3kd8@db/plenum' }), []);
    t.strictSame(secretsOf({ DATABASE_URL: 'postgres://db/postgres' }), [], 'no password');
    const config = readConfig([], insecure);
    const provider = { id: 'ours', name: 'Ours', issuer: 'https://id.example', clientId: 'plenum' };
    const clientSecret = (text: string) =>
      judgeStart(
        { ...config, oidc: [{ ...provider, clientSecret: text, signUp: false }] },
        good,
      ).refused.map(said);
    t.match(clientSecret('w9fj-3kd8'), [/^oidc.ours.client_secret has 9 bytes, 16 are/]);
    t.match(clientSecret('your-secret-goes-here'), [/^oidc.ours.client_secret is one that/]);
    t.strictSame(clientSecret(randomBytes(16).toString('hex')), []);
  },
);
