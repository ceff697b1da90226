/** Removed with a block: kept out by every way back, until a host lifts it. */
import t from 'tap';
import {
  createMeeting,
  enter,
  join,
  joinBody,
  knock,
  post,
  tokenOf,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('a device is refused, a fresh browser waits, others by the same link too', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  const eve = await enter(origin, meeting, { name: 'Eve', deviceId: 'the device of Eve' });
  await host.client.ask('mod.remove', { participant_id: eve.id, block: true });
  t.equal(await eve.client.closed(), 4403);
  const back = joinBody(meeting, { name: 'Not Eve', deviceId: 'the device of Eve' });
  t.match(await (await post(`${origin}/v1/join`, back)).json(), { code: 'blocked' });
  const fresh = await knock(origin, meeting, { name: 'Fresh', deviceId: 'another browser' });
  t.equal(fresh.state, 'lobby', 'although the meeting has no lobby');
  await host.client.ask('mod.admit', { participant_ids: [fresh.id] });
  await fresh.client.type('joined');

  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/blocks`;
  const authorization = `Bearer ${await tokenOf(host.client)}`;
  const guest = await fetch(url, {
    headers: { authorization: `Bearer ${await tokenOf(fresh.client)}` },
  });
  t.match(await guest.json(), { code: 'role_required' });
  const list = (await (await fetch(url, { headers: { authorization } })).json()) as {
    items: { block_id: string }[];
  };
  t.match(list, {
    items: [
      {
        participant_id: eve.id,
        name: 'Eve',
        holds: { account: false, invite: true, device: true, ingest_key: false },
      },
    ],
    next_cursor: null,
  });
  const one = `${url}/${list.items[0]?.block_id}`;
  const lifted = await fetch(one, { method: 'DELETE', headers: { authorization } });
  t.equal(lifted.status, 204);
  t.equal((await fetch(one, { method: 'DELETE', headers: { authorization } })).status, 404);
  t.equal((await join(origin, meeting, { deviceId: 'the device of Eve' })).state, 'admitted');
});

t.test('a personal invite opens nothing any more', async (t) => {
  const database = await testDatabase(t, server);
  const { origin } = await testControl(t, database);
  const meeting = await createMeeting(origin);
  await database.query(
    `update invites set max_uses = 1 where meeting_id = $1 and role = 'participant'`,
    [meeting.meeting.meeting_id],
  );
  const host = await enter(origin, meeting, { host: true });
  const own = { name: 'Eve', deviceId: 'the device of Eve' };
  const eve = await enter(origin, meeting, own);
  await host.client.ask('mod.remove', { participant_id: eve.id, block: false });
  const back = await enter(origin, meeting, own);
  t.pass('removed, not blocked: whoever has used it comes back by it');
  await host.client.ask('mod.remove', { participant_id: back.id, block: true });
  const again = await post(`${origin}/v1/join`, joinBody(meeting, own));
  t.match(await again.json(), { code: 'blocked' });
  await database.query('update invites set uses = 0');
  const fresh = await post(`${origin}/v1/join`, joinBody(meeting));
  t.match(await fresh.json(), { code: 'blocked' });
});

t.test('a personal invite of a host opens no recordings any more', async (t) => {
  const database = await testDatabase(t, server);
  const { origin } = await testControl(t, database);
  const meeting = await createMeeting(origin);
  const { meeting_id } = meeting.meeting;
  const own = `and role = 'participant'`;
  await database.query(
    `update invites set max_uses = 1, role = 'co_host' where meeting_id = $1 ${own}`,
    [meeting_id],
  );
  const list = async () => {
    const headers = { authorization: `Bearer ${meeting.participantSecret}` };
    return (await fetch(`${origin}/v1/meetings/${meeting_id}/recordings`, { headers })).status;
  };
  const host = await enter(origin, meeting, { host: true });
  const eve = await enter(origin, meeting, { name: 'Eve' });
  t.equal(await list(), 200);
  await host.client.ask('mod.remove', { participant_id: eve.id, block: true });
  t.equal(await list(), 401);
});

t.test('one use is one use, also when many come at once', async (t) => {
  const database = await testDatabase(t, server);
  const { origin } = await testControl(t, database);
  const meeting = await createMeeting(origin);
  await database.query(`update invites set max_uses = 3 where role = 'participant'`);
  const answers = await Promise.all(
    Array.from({ length: 12 }, () => post(`${origin}/v1/join`, joinBody(meeting))),
  );
  const statuses = answers.map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 201).length, 3);
  t.equal(statuses.filter((status) => status === 410).length, 9);
});
