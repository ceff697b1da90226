import t from 'tap';
import { MemoryBus } from '../../bus/memory-bus.js';
import { KeyRing } from '../../keys/key-ring.js';
import { nobody } from '../../principal.js';
import { createMeeting, enter, join, joinBody, post } from '../../testing/test-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { MeetingDoor } from '../meetings/service.js';

const server = await testServer(t);
const comparable = async (response: Response) => {
  const { instance: _, ...problem } = (await response.json()) as { instance: string };
  return { status: response.status, problem };
};

t.test('without a valid secret every refusal is the same', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const open = await createMeeting(origin);
  const locked = await createMeeting(origin, { policy: { locked: true } });
  const tries = [
    { code: 'nosuchmeetin', secret: 'wrong' },
    { code: open.code, secret: 'wrong' },
    { code: open.code },
    { code: open.code, passcode: '123456' },
    { code: locked.code, secret: open.participantSecret },
  ];
  for (const path of ['/v1/join/check', '/v1/join']) {
    const body = path === '/v1/join' ? { display_name: 'Eve' } : {};
    const answers = await Promise.all(
      tries.map(async (credential) =>
        comparable(await post(`${origin}${path}`, { ...credential, ...body })),
      ),
    );
    for (const answer of answers) t.strictSame(answer, answers[0]);
    t.match(answers[0], { status: 403, problem: { code: 'join_refused' } });
  }
});

t.test('with a valid secret the refusal is exact, and a check changes nothing', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const locked = await createMeeting(origin, { policy: { locked: true } });
  const refused = await post(`${origin}/v1/join`, joinBody(locked));
  t.match(await refused.json(), { status: 403, code: 'meeting_locked' });
  const meeting = await createMeeting(origin, { title: 'Monday' });
  const credential = { code: meeting.code, secret: meeting.participantSecret };
  const checked = await post(`${origin}/v1/join/check`, credential);
  t.match(await checked.json(), {
    title: 'Monday',
    host_present: false,
    needs: ['name'],
    lobby: false,
    recording_active: false,
    recording_consent: null,
    personal: false,
    server_time: /^\d{4}-.*Z$/,
  });
  t.match(await database.query('select count(*) from participants'), [{ count: 0 }]);
  await enter(origin, meeting, { host: true });
  const after = await post(`${origin}/v1/join/check`, credential);
  t.match(await after.json(), { host_present: true });
});

t.test('a personal invite that was used opens for the browser that used it', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  await database.query(`update invites set max_uses = 1 where role = 'participant'`);
  const credential = { code: meeting.code, secret: meeting.participantSecret };
  const check = async (device: object) =>
    (await post(`${origin}/v1/join/check`, { ...credential, ...device })).json();
  const own = { device_id: 'the browser of Ada' };
  await join(origin, meeting, { deviceId: own.device_id });
  t.match(await check({}), { code: 'invite_expired' });
  t.match(await check({ device_id: 'another browser' }), { code: 'invite_expired' });
  t.match(await check(own), { needs: ['name'], personal: true });
});

t.test('an answer to a join says where to go and until when', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const joined = await join(origin, await createMeeting(origin));
  t.match(joined, {
    state: 'admitted',
    signaling: [{ url: `${origin.replace('http', 'ws')}/v1/rtc`, region: 'local' }],
  });
  t.strictSame(joined.ice_servers, []);
  const lifeMs = Date.parse(joined.expires_at) - Date.now();
  t.ok(lifeMs > 0 && lifeMs <= 120_000);
});

t.test('the last seat is given once', async (t) => {
  const { origin } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, { policy: { max_participants: 1 } });
  await join(origin, meeting);
  await enter(origin, meeting);
  t.pass('who has a token and does not come takes no place');
  const refused = await post(`${origin}/v1/join`, joinBody(meeting));
  t.match(await refused.json(), { code: 'meeting_full' });
});

t.test('a full node: nothing is promised, and who was promised a place gets it', async (t) => {
  const { origin, node, database } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  node.failNext('checkCapacity', 'no_capacity');
  const refused = await post(`${origin}/v1/join`, joinBody(meeting));
  t.equal(refused.headers.get('retry-after'), '10');
  t.match(await refused.json(), { status: 503, code: 'no_capacity' });
  t.equal(node.callsOf('openRoom').length, 0);
  t.match(await database.query('select count(*) from participants'), [{ count: 0 }]);
  await enter(origin, meeting);
  t.match(node.callsOf('checkCapacity'), [{ room: null }]);
  await enter(origin, meeting);
  t.match(node.callsOf('checkCapacity')[1], { room: { epoch: 1 } });
});

t.test('trying links out is slowed down, per address', async (t) => {
  const config = { limits: { joinMissesPerMinute: 3 } };
  const { origin } = await testControl(t, await testDatabase(t, server), { config });
  const meeting = await createMeeting(origin);
  const wrong = { ...joinBody(meeting), secret: 'wrong' };
  for (let miss = 0; miss < 3; miss++) {
    t.equal((await post(`${origin}/v1/join`, wrong)).status, 403);
  }
  const slowed = await post(`${origin}/v1/join`, joinBody(meeting));
  t.match(await slowed.json(), { status: 429, code: 'rate_limited' });
  t.ok(Number(slowed.headers.get('retry-after')) > 0);
});

t.test('of many links tried at once no more are looked at than one may', async (t) => {
  const config = { limits: { joinMissesPerMinute: 2 } };
  const own = await testControl(t, await testDatabase(t, server), { config });
  const { code } = await createMeeting(own.origin);
  const { byCode } = MeetingDoor.prototype;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  t.teardown(() => Object.assign(MeetingDoor.prototype, { byCode }));
  Object.assign(MeetingDoor.prototype, {
    async byCode(this: MeetingDoor, ...shown: Parameters<typeof byCode>) {
      await opened;
      return byCode.apply(this, shown);
    },
  });
  const caller = { principal: nobody, address: '192.0.2.1' };
  const tries = Array.from({ length: 6 }, (_, at) =>
    own.services.joins.check({ code, secret: `guess ${at}` }, caller).then(
      () => 'opened',
      (error: { code: string }) => error.code,
    ),
  );
  // All have passed what is asked first.
  for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  open();
  const refused = [...Array(2).fill('join_refused'), ...Array(4).fill('rate_limited')];
  t.strictSame((await Promise.all(tries)).sort(), refused);
});

t.test('what is tried at the door counts for all processes on one bus together', async (t) => {
  const clock = new TestClock();
  const bus = Object.assign(new MemoryBus(clock), { isShared: true });
  const limits = { joinMissesPerMinute: 5, passcodeMissesPerMinute: 2, passcodeMissesPerHour: 3 };
  const shared = await testDatabase(t, server);
  const options = { clock, bus, keys: KeyRing.ephemeral(), config: { limits } };
  const one = await testControl(t, shared, options);
  const other = await testControl(t, shared, options);
  const { code } = await createMeeting(one.origin, { policy: { passcode: 'open sesame' } });
  const answers = async (credential: object, at: { origin: string }[]) => {
    const found = [];
    for (const { origin } of at) {
      const answer = await post(`${origin}/v1/join/check`, { code, ...credential });
      const { lobby } = (await answer.json()) as { lobby?: boolean };
      found.push(lobby ?? answer.status);
    }
    return found;
  };
  t.strictSame(await answers({ passcode: 'wrong' }, [one, other, one]), [403, 403, 429]);
  clock.advance(60_000);
  t.strictSame(await answers({ passcode: 'open sesame' }, [one]), [false]);
  t.strictSame(await answers({ passcode: 'wrong' }, [other]), [403], 'the third in this hour');
  t.strictSame(await answers({ passcode: 'open sesame' }, [one, other]), [true, true]);
  const tries = [one, other, one, other, one, other];
  t.strictSame(await answers({ secret: 'x' }, tries), [403, 403, 403, 403, 429, 429]);
  clock.advance(3_539_999);
  t.strictSame(await answers({ passcode: 'open sesame' }, [one]), [true], 'for the whole hour');
  clock.advance(1);
  t.strictSame(await answers({ passcode: 'open sesame' }, [one]), [false]);
});

t.test('meetings without a login can be switched off', async (t) => {
  const config = { meetings: { anonymous: false } };
  const { origin } = await testControl(t, await testDatabase(t, server), { config });
  const refused = await post(`${origin}/v1/meetings`, {});
  t.match(await refused.json(), { status: 401, code: 'unauthenticated' });
  const told = await fetch(`${origin}/v1/client-config`);
  t.match(await told.json(), { anonymous_meetings: false });
});

t.test('secrets are kept as hashes only', async (t) => {
  const { origin, database } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin);
  await enter(origin, meeting, { deviceId: 'the device of Ada' });
  const everything = await database.query<{ text: string }>(
    `select string_agg(t::text, ' ') as text from (
       select m::text as t from meetings m union all select i::text from invites i
       union all select p::text from participants p union all select k::text
       from idempotency_keys k union all select e::text from events e) rows`,
  );
  const text = everything[0]?.text ?? '';
  t.notOk(text.includes(meeting.hostSecret));
  t.notOk(text.includes(meeting.participantSecret));
  t.notOk(text.includes('the device of Ada'));
});
