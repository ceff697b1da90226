import { randomBytes, randomUUID } from 'node:crypto';
import { request } from 'node:https';
import t, { type Test } from 'tap';
import type { CreatedMeeting, Joined } from '../../control/src/schemas/http.js';
import { TestClient } from '../../control/src/testing/test-client.js';
import { testDatabase, testServer, urlOf } from '../../control/src/testing/test-database.js';
import { eventually, testRedis } from '../../control/src/testing/test-redis.js';
import { type ControlProcess, startControlProcess } from './support/control-process.js';
import { type Ingress, kinds, name, startIngress } from './support/ingress.js';
import { endProgram } from './support/processes.js';

const server = await testServer(t);

interface Answer {
  status: number;
  body: string;
}

interface Asking {
  path: string;
  /** Posted as JSON; without it a GET. */
  body?: unknown;
  /** The address of the client. */
  from?: string;
  headers?: Record<string, string>;
}

/** A request of its own connection, as a newcomer's is. */
function ask({ port, ca }: Ingress, { path, body, from, headers = {} }: Asking): Promise<Answer> {
  const json = { 'content-type': 'application/json', 'idempotency-key': randomUUID() };
  return new Promise((resolve, reject) => {
    const asking = request(
      {
        ...{ host: '127.0.0.1', port, path, ca, servername: name, agent: false },
        ...(from === undefined ? {} : { localAddress: from }),
        method: body === undefined ? 'GET' : 'POST',
        headers: { host: name, ...(body === undefined ? {} : json), ...headers },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      },
    );
    asking.on('error', reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

/** How many requests for that route a process has answered. */
async function answered({ metrics }: ControlProcess, route: string): Promise<number> {
  const counts = (await metrics()).matchAll(
    /^plenum_http_request_duration_seconds_count\{([^}]*)\} (\d+)$/gm,
  );
  return [...counts]
    .filter(([, labels]) => labels?.includes(`route="${route}"`))
    .reduce((sum, [, , count]) => sum + Number(count), 0);
}

async function twoControls(t: Test): Promise<[ControlProcess, ControlProcess]> {
  const redis = await testRedis(t);
  const settings = {
    PLENUM_STORE_URL: await urlOf(server, await testDatabase(t, server)),
    PLENUM_BUS_URL: `redis://${redis.address}`,
    PLENUM_KEYS_SECRET: randomBytes(32).toString('hex'),
    PLENUM_HTTP_TRUSTED_PROXIES: '127.0.0.1',
    PLENUM_LIMITS_REQUESTS_PER_MINUTE: '20',
  };
  return [await startControlProcess(t, settings), await startControlProcess(t, settings)];
}

/** A meeting that somebody is in, on a WebSocket through the ingress. */
async function meet(ingress: Ingress, from: string) {
  const created = await ask(ingress, { path: '/v1/meetings', body: {}, from });
  const { meeting, participant_link: link } = JSON.parse(created.body) as CreatedMeeting;
  const secret = link.split('#k=')[1];
  const wish = { code: meeting.code, secret, display_name: 'Ada' };
  const joined = await ask(ingress, { path: '/v1/join', body: wish, from });
  const { join_token } = JSON.parse(joined.body) as Joined;
  const { port, ca } = ingress;
  const client = new TestClient(`https://127.0.0.1:${port}`, {
    ...{ ca, servername: name, localAddress: from, headers: { host: name } },
  });
  await client.opened();
  client.send('hello', {
    versions: [1],
    token: join_token,
    client: { name: 'test', version: '1', platform: 'node' },
    caps: { codecs: [], slots: { audio: 1, video: 1 }, red: false },
  });
  await client.type('joined');
  return { link, client };
}

/** 20 requests a minute are what one address may have: each step has an address of its own. */
let steps = 40;
const nextAddress = () => `127.0.0.${++steps}`;
const version = '/v1/version';

t.test('what we ship, before two control processes', async (t) => {
  const [first, second] = await twoControls(t);
  const ingresses = await Promise.all(
    Object.entries(kinds).map(async ([kind, setup]) => {
      return [kind, await startIngress(t, setup, [first.port, second.port])] as const;
    }),
  );
  for (const [kind, ingress] of ingresses) {
    const before = await Promise.all([first, second].map((one) => answered(one, version)));
    await eventually(`${kind}: both answer`, async () => {
      const { status } = await ask(ingress, { path: version, from: nextAddress() });
      const counts = await Promise.all([first, second].map((one) => answered(one, version)));
      const grown = counts.every((count, index) => count > (before[index] as number));
      return status === 200 && grown ? true : undefined;
    });
    t.equal((await ask(ingress, { path: '/readyz' })).status, 200, `${kind}: ready`);
  }

  await endProgram(first.child, 'SIGKILL');
  for (const [kind, ingress] of ingresses) {
    const from = nextAddress();
    const alone = await Promise.all(
      Array.from({ length: 15 }, () => ask(ingress, { path: version, from })),
    );
    const statuses = alone.map(({ status }) => status);
    t.strictSame([...new Set(statuses)], [200], `${kind}: one is killed, nobody notices`);
    t.equal((await ask(ingress, { path: '/readyz' })).status, 200, `${kind}: still ready`);
    await passesSockets(t, ingress);
    await knowsAddresses(t, ingress);
  }

  await endProgram(second.child, 'SIGKILL');
  for (const [kind, ingress] of ingresses) {
    await eventually(`${kind} says that nobody serves`, async () =>
      (await ask(ingress, { path: '/readyz' })).status >= 500 ? true : undefined,
    );
  }
});

async function passesSockets(t: Test, ingress: Ingress): Promise<void> {
  const { link, client } = await meet(ingress, nextAddress());
  t.match(link, new RegExp(`^https://${name}/m/`), 'links have the scheme and the name');
  await ingress.reload();
  await client.pinged();
  t.equal(client.closeCode, null, 'a socket outlives a reload');
  t.equal((await ask(ingress, { path: version, from: nextAddress() })).status, 200);
}

async function knowsAddresses(t: Test, ingress: Ingress): Promise<void> {
  const forged = { 'x-forwarded-for': '127.0.0.9', forwarded: 'for=127.0.0.9' };
  const from = nextAddress();
  const flood = await Promise.all(
    Array.from({ length: 25 }, () => ask(ingress, { path: version, from, headers: forged })),
  );
  const isLimited = flood.some(({ status }) => status === 429);
  t.ok(isLimited, 'a client has one address, whatever it says');
  const other = await ask(ingress, { path: version, from: nextAddress() });
  t.equal(other.status, 200, 'and another one has another');
}
