/** Two control processes, one Postgres: each change of a node is told to webhooks once. */
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { insertWebhook } from '../domains/webhooks/repository.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import type { WebhookEventType } from '../schemas/http.js';
import { makeAdmin, makeUser, send } from '../testing/test-accounts.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testFleetControl, testNode } from '../testing/test-fleet.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);
const ids = systemIds(systemClock);
const types: WebhookEventType[] = ['node.joined', 'node.draining', 'node.lost'];

/** Two processes that know each other and the node, and what waits for each of two webhooks. */
async function toldFleet(t: Test) {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const controls = [
    await testFleetControl(t, { database, keys }),
    await testFleetControl(t, { database, keys }),
  ] as const;
  const webhook = async (userId: string, hearsAll: boolean) => {
    const webhookId = ids.next();
    await insertWebhook(database, {
      ...{ webhookId, userId, url: 'http://127.0.0.1:9/', types, hearsAll, isEnabled: true },
      ...{ secretSealed: Buffer.from('-'), formerSecretsSealed: [], formerUntil: [] },
      ...{ version: 1, createdAt: new Date() },
    });
    return webhookId;
  };
  const admin = await makeAdmin(controls[0]);
  const ofAdmin = await webhook(admin.userId, true);
  const ofOther = await webhook((await makeUser(controls[0])).userId, false);
  const waiting = (webhookId: string) =>
    database.query<{ type: string; body: string }>(
      'select type, body from webhook_deliveries where webhook_id = $1 order by room_seq',
      [webhookId],
    );
  const told = async () => (await waiting(ofAdmin)).map(({ type }) => type);
  const tells = (wanted: string[]) =>
    eventually(wanted.join(), async () =>
      (await told()).length >= wanted.length ? true : undefined,
    );
  const node = await testNode(t, controls[0]);
  for (const { fleet } of controls) {
    await eventually('the node', async () => fleet.nodes.find(node.nodeId) ?? undefined);
    await eventually('the other', async () =>
      fleet.controls.others.length > 0 ? true : undefined,
    );
  }
  return { controls, admin, node, told, tells, waiting, ofAdmin, ofOther };
}

t.test('it comes, is drained by either, and ends', async (t) => {
  const { controls, admin, node, told, tells, waiting, ofAdmin, ofOther } = await toldFleet(t);
  const all: string[] = ['node.joined'];
  await tells(all);
  const [body] = (await waiting(ofAdmin)).map((row) => JSON.parse(row.body));
  t.match(body, {
    type: 'node.joined',
    data: { node_id: node.nodeId, node_seq: 1, region: 'local', was: 'lost' },
  });
  t.notOk('meeting_id' in body);
  const drain = (by: 0 | 1, method: 'POST' | 'DELETE') =>
    send(`${controls[by].origin}/v1/nodes/${node.nodeId}/drain`, method, admin.headers);
  for (const [by, method, type] of [
    [0, 'POST', 'node.draining'],
    [1, 'DELETE', 'node.joined'],
  ] as const) {
    t.equal((await drain(by, method)).status, 200);
    all.push(type);
    await tells(all);
  }
  node.agent.stop();
  all.push('node.lost');
  await tells(all);
  for (const { services } of controls) await services.nodeNews.stop();
  t.strictSame(await told(), all, 'each once');
  t.strictSame(await waiting(ofOther), [], 'of nodes only those hear who hear of everything');
});

t.test('the process that speaks for it ends with it: the other one tells it', async (t) => {
  const { controls, node, told, tells } = await toldFleet(t);
  await tells(['node.joined']);
  const isHeir = (index: 0 | 1) => controls[index].fleet.controls.isHeirOf(node.nodeId);
  t.not(isHeir(0), isHeir(1), 'one of them speaks for it');
  const [heir, other] = isHeir(0) ? controls : [controls[1], controls[0]];
  await heir.crash();
  node.agent.stop();
  await tells(['node.joined', 'node.lost']);
  await other.services.nodeNews.stop();
  t.strictSame(await told(), ['node.joined', 'node.lost']);
});
