/** What a process knows of the doors of its rooms, for when the database is away. */
import t, { type Test } from 'tap';
import { KeyRing } from '../../keys/key-ring.js';
import type { Database, Row } from '../../store/database.js';
import { createMeeting, enter, joinBody, post, tokenOf } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { eventually } from '../../testing/test-redis.js';
import { testWay } from '../../testing/test-way.js';
import { defaultPolicy, MeetingDoor } from './service.js';

const server = await testServer(t);

type Held = 'nothing' | 'queries' | 'doors' | 'transactions';

/** What is asked of it meanwhile is answered by the database at once, and here when it is told to. */
function holdingBack(database: Database) {
  const answers: (() => void)[] = [];
  const state = { holds: 'nothing' as Held, answers };
  const held: Database = Object.create(database);
  const answered = async <Result>(isHeld: boolean, answer: Promise<Result>) => {
    const found = await answer;
    if (isHeld) await new Promise<void>((resolve) => answers.push(resolve));
    return found;
  };
  held.query = <Result extends object = Row>(sql: string, values?: unknown[]) => {
    const isOfDoor = sql.includes(`encode(i.secret_hash, 'hex')`);
    const isHeld = state.holds === 'queries' || (state.holds === 'doors' && isOfDoor);
    return answered(isHeld, database.query<Result>(sql, values));
  };
  held.transaction = (work) => answered(state.holds === 'transactions', database.transaction(work));
  const release = () => {
    for (const answer of answers.splice(0)) answer();
  };
  return { held, state, release };
}

t.test('two changes at once: a read that is answered late brings no link back', async (t) => {
  const direct = await testDatabase(t, server);
  const control = await testControl(t, direct);
  const ask = caller(control.origin, (await testAccount(control)).cookie);
  const { body: made } = await ask('POST', '/v1/meetings', {});
  const meetingId = made.meeting.meeting_id;
  const url = `/v1/meetings/${meetingId}/invites`;
  const { body: invite } = await ask('POST', url, { role: 'participant' });
  const secret = invite.url.split('#k=')[1];
  const way = await testWay(t, server, direct);
  const { held, state, release } = holdingBack(way.open());
  const door = new MeetingDoor(held, KeyRing.ephemeral(), () => defaultPolicy);

  state.holds = 'queries';
  const former = door.remember(meetingId);
  await eventually('it is read', async () => state.answers.length === 2 || undefined);
  state.holds = 'nothing';
  t.equal((await ask('DELETE', `${url}/${invite.invite_id}`)).status, 204);
  await door.remember(meetingId);
  release();
  await former;

  await way.break();
  const found = await door.byId(meetingId, secret);
  t.equal(found?.meeting.meetingId, meetingId, 'it is known');
  t.equal(found?.invite, null);
});

/** A live meeting, and a link to it that is good for two. */
async function twoMayCome(t: Test) {
  const direct = await testDatabase(t, server);
  const way = await testWay(t, server, direct);
  const { held, state, release } = holdingBack(way.open());
  const { origin } = await testControl(t, held);
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const headers = { authorization: `Bearer ${await tokenOf(host.client)}` };
  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/invites`;
  const invite = async (body: object) =>
    (await (await post(url, body, headers)).json()) as { invite_id: string; url: string };
  const { invite_id: id, url: link } = await invite({ role: 'participant', max_uses: 2 });
  const comes = async () => {
    const answer = await post(`${origin}/v1/join`, {
      ...joinBody(meeting),
      secret: link.split('#k=')[1],
    });
    return answer.status === 201 ? 'joined' : ((await answer.json()) as { code: string }).code;
  };
  const uses = async () => {
    const [row] = await direct.query<{ uses: number }>(
      'select uses from invites where invite_id = $1',
      [id],
    );
    return row?.uses;
  };
  return { way, state, release, comes, uses, change: () => invite({ role: 'co_host' }) };
}

t.test('who comes while a door is read is counted', async (t) => {
  const { way, state, release, comes, change } = await twoMayCome(t);
  state.holds = 'doors';
  const changed = change();
  await eventually('it is read', async () => state.answers.length === 1 || undefined);
  state.holds = 'nothing';
  t.equal(await comes(), 'joined');
  t.equal(await comes(), 'joined');
  release();
  await changed;
  await way.break();
  t.equal(await comes(), 'invite_expired');
});

t.test('who came before a door was read, and is told of behind it, is counted once', async (t) => {
  const { way, state, release, comes, uses, change } = await twoMayCome(t);
  state.holds = 'transactions';
  const first = comes();
  await eventually('it is written', async () => (await uses()) === 1 || undefined);
  await eventually('it is held', async () => state.answers.length > 0 || undefined);
  state.holds = 'nothing';
  await change();
  release();
  t.equal(await first, 'joined');
  await way.break();
  t.equal(await comes(), 'joined', 'the second');
  t.equal(await comes(), 'invite_expired', 'while it is away as well');
});
