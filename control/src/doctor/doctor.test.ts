import { spawnSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createServer as createHttpServer, type Server } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { createServer as createTlsServer } from 'node:tls';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import type { Terminal } from '../commands/command.js';
import { doctor } from '../commands/doctor.js';
import { projectRoot, readConfig } from '../config.js';
import { testClickHouse } from '../testing/test-clickhouse.js';
import { testServer } from '../testing/test-database.js';
import { testRedis } from '../testing/test-redis.js';
import { testS3 } from '../testing/test-s3.js';
import { examine } from './doctor.js';
import { systemFacts } from './facts.js';
import type { Facts, Finding } from './finding.js';

/** A machine on which nothing is wrong; what a test plants stands over it. */
const healthy: Facts = {
  ...systemFacts(),
  machine: {
    openFiles: 1_048_576,
    receiveBufferBytes: Number.POSITIVE_INFINITY,
    sendBufferBytes: Number.POSITIVE_INFINITY,
  },
  freeBytes: async () => 1e12,
};

/** Free ports and a folder of its own. */
function quiet(t: Test): NodeJS.ProcessEnv {
  return {
    PLENUM_CONFIG: 'none',
    PLENUM_HTTP_PORT: '0',
    PLENUM_HTTP_ADMIN_PORT: '0',
    PLENUM_MEDIA_PORT: '0',
    PLENUM_DATA_FOLDER: join(t.testdir(), 'data'),
  };
}

async function examined(t: Test, environment: NodeJS.ProcessEnv, facts: Partial<Facts> = {}) {
  const config = readConfig([], { ...quiet(t), ...environment });
  return examine(config, { ...healthy, ...facts });
}

function faults(findings: Map<string, Finding>): string[] {
  return [...findings].filter(([, { state }]) => state === 'failed').map(([name]) => name);
}

/** Exactly this is found, and what to do about it. */
async function finds(
  t: Test,
  [name, fix]: [name: string, fix: RegExp],
  environment: NodeJS.ProcessEnv,
  facts: Partial<Facts> = {},
): Promise<void> {
  const findings = await examined(t, environment, facts);
  t.strictSame(faults(findings), [name]);
  t.match(findings.get(name)?.fix, fix);
}

async function portOf(t: Test, server: Server | ReturnType<typeof createServer>): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  return (server.address() as AddressInfo).port;
}

t.test('nothing is wrong, and nothing is left behind', async (t) => {
  const began = performance.now();
  const findings = await examined(t, {});
  t.strictSame(faults(findings), []);
  t.equal(findings.get('udp')?.state, 'ok');
  t.strictSame(readdirSync(t.testdirName), []);
  t.ok(performance.now() - began < 20_000);
});

t.test('a port that something else holds', async (t) => {
  const port = await portOf(t, createServer());
  await finds(t, ['ports', /ss -lntup/], { PLENUM_HTTP_PORT: String(port) });
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  t.teardown(() => socket.close());
  const media = { PLENUM_MEDIA_PORT: String(socket.address().port), PLENUM_MEDIA_TCP_PORT: 'none' };
  const findings = await examined(t, media);
  t.match(findings.get('ports'), { state: 'failed', detail: /udp 127.0.0.1:\d+: EADDRINUSE/ });
  const elsewhere = await examined(t, { PLENUM_HTTP_HOST: '192.0.2.1', PLENUM_MEDIA_HOST: '::1' });
  t.match(elsewhere.get('ports'), { state: 'failed', detail: /EADDRNOTAVAIL/ });
});

t.test('what recordings need', async (t) => {
  const found = async (environment: NodeJS.ProcessEnv, facts: Partial<Facts>) =>
    (await examined(t, environment, facts)).get('recording');
  t.match(await found({}, {}), { state: 'ok', detail: /GiB are free for .*recorder$/ });
  const lacking = (name: string) => async (program: string) => {
    if (program === name) throw Object.assign(new Error('not found'), { code: 'ENOENT' });
    return ' libx264 aac overlay ';
  };
  const none = await found({}, { program: lacking('ffmpeg') });
  t.match(none, { state: 'warning', detail: /does not run \(ENOENT\)/, fix: /ffmpeg/ });
  const poor = await found({}, { program: lacking('none') });
  t.match(poor, { state: 'warning', detail: /lacks ass:/ });
  const unneeded = { PLENUM_RECORDER_RENDER_JOBS: '0' };
  t.match(await found(unneeded, { program: lacking('ffmpeg') }), { state: 'ok' });
  const little = await found({}, { freeBytes: async () => 4 * 2 ** 30 });
  t.match(little, { state: 'warning', detail: /4.0 GiB are free .* 1.0 are kept free/ });
  const nowhere = { PLENUM_RECORDER_FOLDER: '/dev/null/recordings' };
  t.match(await found(nowhere, {}), { state: 'failed', fix: /chown/ });
  const within = { PLENUM_DATA_FOLDER: '/dev/null/data' };
  t.match(await found(within, {}), { state: 'skipped', detail: /see disk/ });
  t.match(await found({ PLENUM_RECORDER_ENABLED: 'false' }, {}), { state: 'skipped' });
});

t.test('a database that is not there, and one that is too old', async (t) => {
  const port = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  const there = { DATABASE_URL: `postgres://plenum@127.0.0.1:${port}/plenum` };
  await finds(t, ['postgres', /store.url/], there);
  const old = { postgres: async () => ({ version: 140_012, now: Date.now() }) };
  await finds(t, ['postgres', /upgrade/], there, old);
});

t.test('a real database', async (t) => {
  const { connectionString, host = '', port, user, database } = await testServer(t);
  const url = `postgres://${user}@${encodeURIComponent(host)}:${port ?? 5432}/${database ?? 'postgres'}`;
  const findings = await examined(t, { DATABASE_URL: connectionString ?? url });
  t.strictSame(faults(findings), []);
  t.match(findings.get('postgres'), { state: 'ok', detail: /^version 1\d$/ });
  t.match(findings.get('clock'), { state: 'ok', detail: /the database/ });
});

t.test('a bus that is not there', async (t) => {
  const port = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  await finds(t, ['redis', /bus.url/], { PLENUM_BUS_URL: `redis://127.0.0.1:${port}` });
});

t.test('a real bus', async (t) => {
  const { address } = await testRedis(t);
  const findings = await examined(t, { PLENUM_BUS_URL: `redis://${address}` });
  t.match(findings.get('redis'), { state: 'ok' });
});

t.test('Kafka and ClickHouse, there and not there', async (t) => {
  const port = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  const nowhere = `127.0.0.1:${port}`;
  await finds(t, ['kafka', /queue.url/], { PLENUM_QUEUE_URL: `kafka://${nowhere}/events` });
  await finds(t, ['clickhouse', /events.url/], { PLENUM_EVENTS_URL: `clickhouse://${nowhere}/x` });
  const { url } = await testClickHouse(t);
  const findings = await examined(t, { PLENUM_EVENTS_URL: url });
  t.match(findings.get('clickhouse'), { state: 'ok' });
  t.match(findings.get('kafka'), { state: 'skipped' });
});

t.test('a bucket, there and not there', async (t) => {
  const s3 = await testS3(t);
  const { accessKeyId, secretAccessKey } = s3.credentials;
  const environment = {
    PLENUM_OBJECTS_URL: s3.url(),
    PLENUM_OBJECTS_ACCESS_KEY_ID: accessKeyId,
    PLENUM_OBJECTS_SECRET_ACCESS_KEY: secretAccessKey,
  };
  t.match((await examined(t, environment)).get('objects'), { state: 'ok' });
  const wrong = { ...environment, PLENUM_OBJECTS_SECRET_ACCESS_KEY: 'of somebody else' };
  await finds(t, ['objects', /objects.url/], wrong);
  await s3.kill();
  await finds(t, ['objects', /objects.url/], environment);
});

t.test('a wrong clock', async (t) => {
  let skewMs = 0;
  const server = createHttpServer((_request, response) => {
    response.setHeader('date', new Date(Date.now() + skewMs).toUTCString());
    response.end();
  });
  const environment = { PLENUM_HTTP_ORIGIN: `http://127.0.0.1:${await portOf(t, server)}` };
  t.match((await examined(t, environment)).get('clock'), { state: 'ok' });
  skewMs = 60_000;
  await finds(t, ['clock', /timedatectl/], environment);
  t.match((await examined(t, environment)).get('clock'), { detail: /behind/ });
  skewMs = -60_000;
  t.match((await examined(t, environment)).get('clock'), { state: 'failed', detail: /ahead of/ });
  const there = { DATABASE_URL: 'postgres://db/plenum' };
  const database = async () => ({ version: 160_000, now: Date.now() + 60_000 });
  await finds(t, ['clock', /timedatectl/], there, { postgres: database });
});

/** What a public start is asked for besides. */
const fit = {
  PLENUM_KEYS_SECRET: 'b9+0kTz7Yc3vQ1nLr8WmXe5uHs2jDf6g',
  PLENUM_MEDIA_HOST: '127.0.0.1',
};

async function tlsOrigin(t: Test, name: string): Promise<string> {
  const read = (file: string) => readFileSync(join(projectRoot, 'test/fixtures/tls', file));
  const server = createTlsServer({ cert: read(`${name}.pem`), key: read(`${name}-key.pem`) });
  server.on('tlsClientError', () => {});
  return `https://127.0.0.1:${await portOf(t, server)}`;
}

t.test('a certificate that has expired, one that nobody trusts, and no TLS at all', async (t) => {
  const origin = await tlsOrigin(t, 'expired');
  await finds(t, ['tls', /renew/], { ...fit, PLENUM_HTTP_ORIGIN: origin });
  const trusting = { now: () => Date.parse('2024-01-15') };
  const untrusted = await examined(t, { ...fit, PLENUM_HTTP_ORIGIN: origin }, trusting);
  t.match(untrusted.get('tls'), { state: 'failed', detail: /browsers refuse/ });
  const port = await portOf(
    t,
    createServer((socket) => socket.destroy()),
  );
  const nobody = { ...fit, PLENUM_HTTP_ORIGIN: `https://127.0.0.1:${port}` };
  await finds(t, ['tls', /proxy/], nobody);
});

t.test('a folder that cannot be written, one without room', async (t) => {
  const inside = join(fileURLToPath(import.meta.url), 'of a file');
  await finds(t, ['disk', /chown/], { PLENUM_DATA_FOLDER: inside });
  await finds(t, ['disk', /make room/], {}, { freeBytes: async () => 2 ** 30 - 1 });
});

t.test('few files, small buffers', async (t) => {
  const machine = { ...healthy.machine, openFiles: 256 };
  await finds(t, ['files', /LimitNOFILE/], {}, { machine });
  const small = { ...healthy.machine, receiveBufferBytes: 212_992, sendBufferBytes: 212_992 };
  const origin = await tlsOrigin(t, 'expired');
  const served = { ...fit, PLENUM_HTTP_ORIGIN: origin, PLENUM_HTTP_HOST: '0.0.0.0' };
  const findings = await examined(t, served, { machine: small });
  t.match(findings.get('buffers'), { state: 'failed', fix: /rmem_max=4194304.*wmem_max=4194304/ });
  const trial = await examined(t, {}, { machine: small });
  t.match(trial.get('buffers'), { state: 'warning', fix: /sysctl/ });
  t.strictSame(faults(trial), []);
});

t.test('an address that clients cannot reach', async (t) => {
  const served = { PLENUM_HTTP_HOST: '0.0.0.0' };
  const addressOf = async (environment: NodeJS.ProcessEnv, ownAddresses?: () => string[]) =>
    (await examined(t, environment, ownAddresses && { ownAddresses })).get('address');
  const loopback = await addressOf({ ...served, PLENUM_MEDIA_HOST: '127.0.0.1' });
  t.match(loopback, { state: 'failed', detail: /their own machine/, fix: /media.announce/ });
  t.match(await addressOf({ ...served, PLENUM_MEDIA_ANNOUNCE: 'meet.example' }), {
    state: 'failed',
  });
  t.match(await addressOf(served, () => ['10.1.2.3', '::1']), { state: 'warning' });
  t.match(await addressOf(served, () => ['10.1.2.3', '198.51.100.7']), { state: 'ok' });
  t.match(await addressOf(served, () => []), { state: 'failed' });
});

t.test('datagrams that do not arrive', async (t) => {
  // A port that swallows everything stands where clients are told to send to.
  const hole = createSocket('udp4');
  hole.bind(0, '127.0.0.1');
  await once(hole, 'listening');
  t.teardown(() => hole.close());
  const told = { PLENUM_MEDIA_ANNOUNCE: `127.0.0.1:${hole.address().port}` };
  await finds(t, ['udp', /firewall/], told);
  const abroad = await examined(t, told, { ownAddresses: () => [] });
  t.match(abroad.get('udp'), { state: 'warning', detail: /routers/ });
});

t.test('what a start would refuse', async (t) => {
  const weak = { ...fit, PLENUM_HTTP_HOST: '0.0.0.0', PLENUM_KEYS_SECRET: 'changeme' };
  const findings = await examined(t, {
    ...weak,
    PLENUM_HTTP_ORIGIN: await tlsOrigin(t, 'expired'),
  });
  t.match(findings.get('configuration'), { state: 'failed', detail: /8 bytes/, fix: /openssl/ });
});

t.test('the command: every fault with what to do, exit code 1', async (t) => {
  const lines: string[] = [];
  const port = await portOf(t, createServer());
  const terminal: Terminal = {
    environment: { ...quiet(t), PLENUM_HTTP_PORT: String(port) },
    print: (text: string) => lines.push(text),
    complain: (text: string) => lines.push(text),
  };
  t.equal(await doctor([], terminal, healthy), 1);
  t.ok(lines.some((line) => line.startsWith('failed   ports')));
  t.ok(lines.some((line) => /mend it: .*ss -lntup/.test(line)));
  terminal.environment = quiet(t);
  t.equal(await doctor([], terminal, healthy), 0);
  t.equal(await doctor(['--shards', 'x'], terminal, healthy), 1, 'a wrong configuration');
});

t.test('the whole program, where few files may be open', async (t) => {
  const program = fileURLToPath(new URL('../testing/fake-server.js', import.meta.url));
  const call = 'ulimit -n 256; exec "$@"';
  const { status, stdout } = spawnSync(
    'sh',
    ['-c', call, 'sh', process.execPath, program, 'doctor'],
    {
      env: { PATH: process.env.PATH, ...quiet(t) },
      encoding: 'utf8',
      timeout: 60_000,
    },
  );
  t.equal(status, 1);
  t.match(stdout, /^failed {3}files +256 files may be open.*\n.*LimitNOFILE/m);
  t.notMatch(stdout, /^failed (?! *files)/m);
});
