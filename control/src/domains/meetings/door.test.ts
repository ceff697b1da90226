/** What a process knows of the doors of its rooms, for when the database is away. */
import t from 'tap';
import { KeyRing } from '../../keys/key-ring.js';
import type { Database, Row } from '../../store/database.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';
import { eventually } from '../../testing/test-redis.js';
import { testWay } from '../../testing/test-way.js';
import { defaultPolicy, MeetingDoor } from './service.js';

const server = await testServer(t);

/** What is asked of it while `isHolding` is answered by the database at once, and here when it is told to. */
function holdingBack(database: Database) {
  const answers: (() => void)[] = [];
  const state = { isHolding: false, answers };
  const held: Database = Object.create(database);
  held.query = async <Result extends object = Row>(sql: string, values?: unknown[]) => {
    const { isHolding } = state;
    const rows = await database.query<Result>(sql, values);
    if (isHolding) await new Promise<void>((resolve) => answers.push(resolve));
    return rows;
  };
  return { held, state };
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
  const { held, state } = holdingBack(way.open());
  const door = new MeetingDoor(held, KeyRing.ephemeral(), () => defaultPolicy);

  state.isHolding = true;
  const former = door.remember(meetingId);
  await eventually('it is read', async () => state.answers.length === 2 || undefined);
  state.isHolding = false;
  t.equal((await ask('DELETE', `${url}/${invite.invite_id}`)).status, 204);
  await door.remember(meetingId);
  for (const answer of state.answers) answer();
  await former;

  await way.break();
  const found = await door.byId(meetingId, secret);
  t.equal(found?.meeting.meetingId, meetingId, 'it is known');
  t.equal(found?.invite, null);
});
