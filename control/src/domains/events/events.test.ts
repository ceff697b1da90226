import t from 'tap';
import type { RoomEvent } from '../../schemas/http.js';
import { enter, type TestMeeting } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { type SomeConfig, testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { type Caller, caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);

async function persistentMeeting(ask: Caller): Promise<TestMeeting> {
  const { body } = await ask('POST', '/v1/meetings', { kind: 'persistent' });
  const [hostSecret, participantSecret] = [body.host_invite.url, body.participant_link].map(
    (link: string) => link.split('#k=')[1] as string,
  ) as [string, string];
  return { ...body, code: body.meeting.code, hostSecret, participantSecret };
}

async function started(t: Parameters<typeof testControl>[0], config: SomeConfig = {}) {
  const clock = new TestClock();
  const control = await testControl(t, await testDatabase(t, server), { clock, config });
  const account = await testAccount(control);
  const ask = caller(control.origin, account.cookie);
  const meeting = await persistentMeeting(ask);
  return {
    ...control,
    clock,
    account,
    ask,
    meeting,
    url: `/v1/meetings/${meeting.meeting.meeting_id}`,
  };
}

async function readAll(ask: Caller, url: string, after = '', limit = 2): Promise<RoomEvent[]> {
  const read: RoomEvent[] = [];
  let cursor: string | null = after;
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&after=${cursor}`;
    const { body } = await ask('GET', `${url}/events?limit=${limit}${from}`);
    read.push(...body.items);
    cursor = body.next_cursor;
  }
  return read;
}

t.test('the log: room after room, in order, without gaps, and on from where one was', async (t) => {
  const { clock, ask, meeting, url, origin, services, database } = await started(t);
  t.strictSame((await ask('GET', `${url}/events`)).body, { items: [], next_cursor: null });
  for (const name of ['Ada', 'Grace', 'Edsger']) {
    const { client } = await enter(origin, meeting, { name });
    for (let count = 0; count < 3; count++) await client.ask('chat.send', { body: `${count}` });
    await client.ask('bye', {});
    clock.advance(3_600_000);
    await services.rooms.settled();
  }
  const log = await readAll(ask, url);
  const rooms = [...new Set(log.map((event) => event.room_id))];
  t.equal(rooms.length, 3);
  t.strictSame(rooms, [...rooms].sort(), 'older rooms first');
  for (const room of rooms) {
    const events = log.filter((event) => event.room_id === room);
    t.strictSame(
      events.map((event) => event.seq),
      events.map((_, index) => index + 1),
    );
    t.equal(events[0]?.type, 'meeting.started');
    t.equal(events.at(-1)?.type, 'meeting.ended');
  }
  t.match(await database.query('select count(*) from events'), [{ count: log.length }]);
  t.strictSame(await readAll(ask, url, '', 200), log, 'whatever the size of a page');

  const last = log.at(-1) as RoomEvent;
  t.strictSame(await readAll(ask, url, last.cursor), []);
  await enter(origin, meeting, { name: 'Barbara' });
  const more = await readAll(ask, url, last.cursor);
  t.match(
    more.map(({ seq, type }) => [seq, type]),
    [[1, 'meeting.started'], [2]],
    'what came meanwhile',
  );
  for (const query of ['?after=x', '?after=1.1', `?after=${last.room_id}.0`, '?limit=201']) {
    t.equal((await ask('GET', `${url}/events${query}`)).status, 400, query);
  }
});

t.test('of a private message the log tells nothing but that it was', async (t) => {
  const { ask, meeting, url, origin } = await started(t);
  const ada = await enter(origin, meeting, { name: 'Ada' });
  const grace = await enter(origin, meeting, { name: 'Grace' });
  await ada.client.ask('chat.send', { body: 'to all' });
  await ada.client.ask('chat.send', { body: 'to one', to: grace.id });
  const log = await readAll(ask, url);
  const messages = log.filter(({ type }) => type === 'message.created');
  t.match(messages, [
    { participant_id: ada.id },
    { participant_id: null, data: { is_private: true } },
  ]);
  t.strictSame(Object.keys(messages[1]?.data ?? {}), ['is_private']);
  t.notMatch(JSON.stringify(log), 'to one');
});

t.test('rooms: past and live, with their epochs', async (t) => {
  const { clock, ask, meeting, url, origin, services } = await started(t);
  t.strictSame((await ask('GET', `${url}/rooms`)).body, { items: [], next_cursor: null });
  const { client, joined } = await enter(origin, meeting);
  await client.ask('bye', {});
  clock.advance(3_600_000);
  await services.rooms.settled();
  const second = await enter(origin, meeting);
  const { body } = await ask('GET', `${url}/rooms`);
  t.match(body, {
    items: [
      { room_id: joined.d.room_id, epoch: 1, opened_at: /Z$/, closed_at: /Z$/ },
      { room_id: second.joined.d.room_id, epoch: second.joined.d.epoch, closed_at: null },
    ],
    next_cursor: null,
  });
  const page = await ask('GET', `${url}/rooms?limit=1`);
  t.strictSame(page.body, { items: body.items.slice(0, 1), next_cursor: joined.d.room_id });
  const next = await ask('GET', `${url}/rooms?limit=1&cursor=${page.body.next_cursor}`);
  t.strictSame(next.body, { items: body.items.slice(1), next_cursor: null });
});

t.test('what is older than it is kept is not told, room by room', async (t) => {
  const retention = { eventsDays: 9 };
  const { clock, account, meeting, url, origin, services } = await started(t, { retention });
  // A login does not last as long.
  const ask = caller(origin, await account.key('meetings:read'));
  const dayMs = 86_400_000;
  for (let count = 0; count < 2; count++) {
    const { client } = await enter(origin, meeting);
    await client.ask('bye', {});
    clock.advance(3_600_000);
    await services.rooms.settled();
    clock.advance(4 * dayMs);
  }
  const both = await readAll(ask, url, '', 200);
  t.equal(new Set(both.map((event) => event.room_id)).size, 2);
  clock.advance(dayMs);
  const log = await readAll(ask, url, '', 200);
  t.equal(new Set(log.map((event) => event.room_id)).size, 1, 'the first room is over');
  t.match(log[0], { seq: 1, type: 'meeting.started' });
});
