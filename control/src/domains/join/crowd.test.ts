import t from 'tap';
import { createMeeting, joinBody, post } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('many at once: every use counted, every seat its own, every answer kept', async (t) => {
  const database = await testDatabase(t, server);
  const { origin } = await testControl(t, database);
  const [one, other] = [await createMeeting(origin), await createMeeting(origin)];
  const asked = Array.from({ length: 80 }, (_, index) => {
    const body = joinBody(index % 4 === 0 ? other : one, { name: `Guest ${index}` });
    return { body, headers: { 'idempotency-key': `crowd of eighty ${index}` } };
  });
  const join = async ({ body, headers }: (typeof asked)[number]) => {
    const response = await post(`${origin}/v1/join`, body, headers);
    return { status: response.status, text: await response.text() };
  };
  const answers = await Promise.all(asked.map(join));
  t.ok(answers.every(({ status }) => status === 201));
  t.equal(new Set(answers.map(({ text }) => JSON.parse(text).participant_id)).size, 80);
  t.strictSame(await Promise.all(asked.map(join)), answers, 'a repeat gets the same again');
  const uses = await database.query(
    `select meeting_id, uses from invites where role = 'participant' order by uses`,
  );
  t.strictSame(uses, [
    { meeting_id: other.meeting.meeting_id, uses: 20 },
    { meeting_id: one.meeting.meeting_id, uses: 60 },
  ]);
  const seats = await database.query<{ display_name: string; meeting_id: string }>(
    'select meeting_id, display_name from participants',
  );
  t.equal(new Set(seats.map(({ display_name }) => display_name)).size, 80);
  t.equal(seats.filter((seat) => seat.meeting_id === other.meeting.meeting_id).length, 20);
});

t.test('of a crowd each is answered for themselves', async (t) => {
  const database = await testDatabase(t, server);
  const { origin } = await testControl(t, database);
  const [open, full] = [await createMeeting(origin), await createMeeting(origin)];
  await database.query(
    `update invites set max_uses = 1 where role = 'participant' and meeting_id = $1`,
    [full.meeting.meeting_id],
  );
  const bodies = [
    ...Array.from({ length: 10 }, () => joinBody(open)),
    ...Array.from({ length: 10 }, () => joinBody(full)),
    ...Array.from({ length: 10 }, () => ({ ...joinBody(open), secret: 'wrong' })),
    ...Array.from({ length: 10 }, () => ({ ...joinBody(open), code: 'no\u0000such' })),
  ];
  const answers = await Promise.all(bodies.map((body) => post(`${origin}/v1/join`, body)));
  const statuses = answers.map(({ status }) => status);
  t.ok(statuses.slice(0, 10).every((status) => status === 201));
  t.strictSame(statuses.slice(10, 20).sort(), [201, ...Array(9).fill(410)]);
  t.ok(statuses.slice(20, 30).every((status) => status === 403));
  t.ok(statuses.slice(30).every((status) => status === 400));
  t.match(await database.query('select count(*) from participants'), [{ count: 11 }]);
  const stored = await database.query(
    `select count(*) from idempotency_keys where scope like '%/v1/join%'`,
  );
  t.match(stored, [{ count: 11 }], 'refusals are not stored');
});
