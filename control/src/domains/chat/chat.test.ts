import t from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('everybody sees the same order, and it is the order of the database', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const people = await Promise.all([1, 2, 3, 4].map(() => enter(origin, meeting)));
  const sent = people.flatMap(({ client }, person) =>
    Array.from({ length: 10 }, (_, number) =>
      client.ask('chat.send', { body: `${person}.${number}` }),
    ),
  );
  for (const answer of await Promise.all(sent)) t.equal(answer.t, 'ok');
  const shown = people.map(({ client }) => client.ofType('chat.message').map(({ d }) => d.body));
  for (const order of shown) t.strictSame(order, shown[0]);
  t.equal(new Set(shown[0]).size, 40);
  for (const person of [0, 1, 2, 3]) {
    const own = shown[0]?.filter((body) => body.startsWith(`${person}.`));
    t.strictSame(own, own?.toSorted(), 'each in the order it was sent');
  }
  const stored = await database.query<{ content: string }>(
    `select content from messages m join events e on e.payload->>'message_id' = m.message_id::text
     order by e.seq`,
  );
  t.strictSame(
    stored.map(({ content }) => content),
    shown[0],
  );
});

t.test('ok comes after the message is durable', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const ada = await enter(origin, await createMeeting(origin));
  for (let number = 0; number < 10; number++) {
    t.match(await ada.client.ask('chat.send', { body: `${number}` }), { t: 'ok' });
    const stored = await database.query('select 1 from messages where content = $1', [`${number}`]);
    t.equal(stored.length, 1);
  }
});

t.test('newcomers see the last messages, unless the meeting keeps none', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  for (const history of [true, false]) {
    const meeting = await createMeeting(origin, { policy: { history } });
    const ada = await enter(origin, meeting, { name: 'Ada' });
    await ada.client.ask('chat.send', { body: 'one' });
    await ada.client.ask('chat.send', { body: 'two' });
    const { joined } = await enter(origin, meeting);
    const bodies = joined.d.snapshot?.last_messages.map(({ body }) => body);
    t.strictSame(bodies, history ? ['one', 'two'] : []);
  }
});

t.test('a private message reaches two people', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  const ada = await enter(origin, meeting);
  const grace = await enter(origin, meeting);
  const eve = await enter(origin, meeting);
  await ada.client.ask('chat.send', { body: 'psst', to: grace.id });
  await ada.client.ask('chat.send', { body: 'all' });
  await eve.client.type('chat.message');
  t.strictSame(
    eve.client.ofType('chat.message').map(({ d }) => d.body),
    ['all'],
  );
  t.match((await grace.client.type('chat.message')).d, { body: 'psst', to: grace.id });
  const late = await enter(origin, meeting);
  t.equal(late.joined.d.snapshot?.last_messages.length, 1);
  const nobody = await ada.client.ask('chat.send', { body: 'hey', to: 'nobody' });
  t.match(nobody, { d: { code: 'unknown_participant' } });
});

t.test('who may write is the policy of the meeting', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const hostsOnly = await createMeeting(origin, { policy: { chat: 'hosts', private_chat: false } });
  const host = await enter(origin, hostsOnly, { host: true });
  const guest = await enter(origin, hostsOnly);
  const refused = await guest.client.ask('chat.send', { body: 'hm' });
  t.match(refused, { d: { code: 'role_required' } });
  t.match(await host.client.ask('chat.send', { body: 'hear' }), { t: 'ok' });
  const whispered = await host.client.ask('chat.send', { body: 'psst', to: guest.id });
  t.match(whispered, { d: { code: 'forbidden' } });
  const off = await enter(origin, await createMeeting(origin, { policy: { chat: 'off' } }));
  t.match(await off.client.ask('chat.send', { body: 'hm' }), { d: { code: 'forbidden' } });
});
