/** product.md row 49: people by link and programs by key get the same decisions. */
import t from 'tap';
import {
  createMeeting,
  enter,
  joinBody,
  post,
  type TestMeeting,
} from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { controlWithNode, makeKey, postOffer, sdpFixture } from '../../testing/test-endpoints.js';

const server = await testServer(t);
const database = await testDatabase(t, server);
const { origin, nodeClient, services } = await controlWithNode(t, database);
const offers = { publish: sdpFixture('aiortc-whip-offer'), view: sdpFixture('aiortc-whep-offer') };

interface Outcome {
  status: number;
  code: string | undefined;
}

const outcome = async (response: Response): Promise<Outcome> => {
  const { code } = response.ok ? { code: undefined } : ((await response.json()) as Outcome);
  return { status: response.status, code };
};

/** What a guest, a WHIP client and a WHEP client hear, in this order. */
async function outcomes(meeting: TestMeeting): Promise<Outcome[]> {
  const keys = {
    publish: await makeKey(origin, meeting, { scope: 'publish' }),
    view: await makeKey(origin, meeting, { scope: 'view' }),
  };
  return [
    await outcome(await post(`${origin}/v1/join`, joinBody(meeting))),
    await outcome(await postOffer(keys.publish, offers.publish)),
    await outcome(await postOffer(keys.view, offers.view)),
  ];
}

t.test('locked, full, before the host, ended: the same for all', async (t) => {
  const full = await createMeeting(origin, { policy: { max_participants: 1 } });
  await enter(origin, full, { host: true });
  const ended = await createMeeting(origin);
  await database.query('update meetings set ended_at = now() where meeting_id = $1', [
    ended.meeting.meeting_id,
  ]);
  const cases: [TestMeeting, string, number][] = [
    [await createMeeting(origin, { policy: { locked: true } }), 'meeting_locked', 403],
    [
      await createMeeting(origin, { policy: { join_before_host: false } }),
      'meeting_not_started',
      409,
    ],
    [full, 'meeting_full', 409],
    [ended, 'meeting_ended', 410],
  ];
  for (const [meeting, code, status] of cases) {
    t.same(await outcomes(meeting), Array(3).fill({ status, code }));
  }
  const open = await createMeeting(origin, { policy: { join_before_host: false } });
  await enter(origin, open, { host: true });
  t.same(await outcomes(open), Array(3).fill({ status: 201, code: undefined }));
});

/** Does it between the decision about a program and its seat: while the node is asked for a place. */
function meanwhile(act: () => Promise<unknown>): void {
  const { checkCapacity } = nodeClient;
  nodeClient.checkCapacity = async (call) => {
    nodeClient.checkCapacity = checkCapacity;
    await act();
    return checkCapacity(call);
  };
}

t.test('what a host decides while a program is on its way in holds for it', async (t) => {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const keys = {
    publish: await makeKey(origin, meeting, { scope: 'publish' }),
    view: await makeKey(origin, meeting, { scope: 'view' }),
  };
  t.equal((await postOffer(keys.publish, offers.publish)).status, 201);
  const room = services.rooms.find(meeting.meeting.meeting_id);
  const seats = () => [...(room?.seats.keys() ?? [])];
  const [before, session] = [seats(), seats().at(-1)];
  for (const scope of ['publish', 'view'] as const) {
    const offer = () => postOffer(keys[scope], offers[scope]);
    meanwhile(() => host.client.ask('mod.lock', { locked: true }));
    t.match(await outcome(await offer()), { status: 403, code: 'meeting_locked' }, scope);
    await host.client.ask('mod.lock', { locked: false });
    meanwhile(() => host.client.ask('mod.policy', { lobby: 'all' }));
    const waits = await offer();
    t.equal(waits.headers.get('retry-after'), '5', scope);
    t.match(await waits.json(), { status: 409, code: 'conflict' }, scope);
    await host.client.ask('mod.policy', { lobby: 'off' });
  }
  t.strictSame(seats(), before, 'none took a seat');
  meanwhile(() =>
    host.client.ask('mod.remove', { participant_id: session as string, block: true }),
  );
  const blocked = await postOffer(keys.publish, offers.publish);
  t.match(await outcome(blocked), { status: 403, code: 'blocked' });
  t.strictSame(seats(), [host.id]);
});

t.test('a removed program stays out with its key, and only with that', async (t) => {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const key = await makeKey(origin, meeting, { scope: 'publish' });
  const [first, second] = [
    await postOffer(key, offers.publish),
    await postOffer(key, offers.publish),
  ];
  const idOf = (answer: Response) => answer.headers.get('location')?.split('/').at(-1) ?? '';
  const answer = await host.client.ask('mod.remove', { participant_id: idOf(first), block: true });
  t.match(answer, { t: 'ok' });
  for (const session of [first, second]) {
    const left = await host.client.type('participant.left', ({ d }) => d.id === idOf(session));
    t.equal(left.d.reason, 'removed');
    const url = session.headers.get('location') ?? '';
    const headers = { authorization: `Bearer ${key.key}` };
    t.equal((await fetch(url, { headers })).status, 404);
  }
  t.same(await outcome(await postOffer(key, offers.publish)), { status: 403, code: 'blocked' });
  const other = await makeKey(origin, meeting, { scope: 'publish' });
  const next = await postOffer(other, offers.publish);
  t.equal(next.status, 201);
  await host.client.ask('mod.remove', { participant_id: idOf(next), block: false });
  t.equal((await postOffer(other, offers.publish)).status, 201, 'removed, not blocked');
});

t.test('a program waits in the lobby by asking again, until a host lets it in', async (t) => {
  const meeting = await createMeeting(origin, { policy: { lobby: 'all' } });
  const host = await enter(origin, meeting, { host: true });
  const key = await makeKey(origin, meeting, { scope: 'publish', name: 'Studio' });
  for (const _ of [1, 2]) {
    const waits = await postOffer(key, offers.publish);
    t.equal(waits.headers.get('retry-after'), '5');
    t.match(await waits.json(), { status: 409, code: 'conflict' });
  }
  const [list, ...more] = host.client.ofType('lobby.list');
  t.match(list?.d, { items: [{ name: 'Studio', kind: 'whip' }], knock: true });
  t.strictSame(more, [], 'one knock, however often it asks');
  const id = list?.d.items[0]?.participant_id ?? '';
  t.match(await host.client.ask('mod.deny', { participant_ids: [id] }), { t: 'ok' });
  t.equal((await postOffer(key, offers.publish)).status, 409, 'it may ask again');
  t.match(await host.client.ask('mod.admit', { all: true }), { t: 'ok' });
  t.equal((await postOffer(key, offers.publish)).status, 201);
  await host.client.type('participant.joined', ({ d }) => d.participant.name === 'Studio');
});

t.test('muted on entry: programs as people', async (t) => {
  const meeting = await createMeeting(origin, { policy: { mute_on_entry: true } });
  const host = await enter(origin, meeting, { host: true });
  const key = await makeKey(origin, meeting, { scope: 'publish' });
  const session = await postOffer(key, offers.publish);
  t.equal(session.status, 201);
  const { d: published } = await host.client.type(
    'publication.added',
    ({ d }) => d.source === 'microphone',
  );
  const muted = await host.client.type('publication.updated');
  t.match(muted.d, { publication_id: published.publication_id, muted: true });
});

t.test('hosts mute programs as they mute people', async (t) => {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const key = await makeKey(origin, meeting, { scope: 'publish' });
  const session = await postOffer(key, offers.publish);
  const participant_id = session.headers.get('location')?.split('/').at(-1) ?? '';
  const answer = await host.client.ask('mod.mute', { participant_id, source: 'microphone' });
  t.match(answer, { t: 'ok' });
  t.match((await host.client.type('publication.updated')).d, { muted: true });
});

t.test('after a restart of control programs are gone, people wait for a resume', async (t) => {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const key = await makeKey(origin, meeting, { scope: 'publish' });
  await postOffer(key, offers.publish);
  await services.rooms.shutDown();
  const next = await controlWithNode(t, database);
  const room = next.services.rooms.find(meeting.meeting.meeting_id);
  t.same([...(room?.seats.keys() ?? [])], [host.id]);
  const [row] = await database.query<{ leave_reason: string }>(
    `select leave_reason from participants where meeting_id = $1 and kind = 'whip'`,
    [meeting.meeting.meeting_id],
  );
  t.match(row, { leave_reason: 'timeout' });
});
