/**
 * Without a valid credential nothing tells an unknown meeting from one that is ended, locked, deleted
 * or forbidden: not the status, the body, nor what stands in the headers. (Times: ./run bench control.)
 */
import t from 'tap';
import { makeUser } from '../../testing/test-accounts.js';
import { createMeeting, enter, join, post } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server), {
  config: { limits: { passcodeMissesPerMinute: 1e5, passcodeMissesPerHour: 1e5 } },
});
const { origin, database } = control;

async function ended() {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true });
  host.client.send('mod.end', {});
  await host.client.closed();
  await control.services.rooms.settled();
  return meeting.code;
}

async function deleted() {
  const meeting = await createMeeting(origin);
  await database.query('update meetings set deleted_at = now() where meeting_id = $1', [
    meeting.meeting.meeting_id,
  ]);
  return meeting.code;
}

/** By a browser, which then is told no more than others. */
async function usedUp() {
  const meeting = await createMeeting(origin);
  await database.query('update invites set max_uses = 1 where meeting_id = $1', [
    meeting.meeting.meeting_id,
  ]);
  await join(origin, meeting, { deviceId: 'the device of Eve' });
  return meeting.code;
}

const codeOf = async (policy: object) => (await createMeeting(origin, { policy })).code;
const codes = {
  unknown: '0123456789ab',
  'of no form': "'; --",
  open: (await createMeeting(origin)).code,
  ended: await ended(),
  deleted: await deleted(),
  'with a used invite': await usedUp(),
  locked: await codeOf({ locked: true }),
  forbidden: await codeOf({ guests: false }),
  'with a passcode': await codeOf({ passcode: 'open sesame' }),
  'with a lobby': await codeOf({ lobby: 'all' }),
};

async function answerTo(path: string, body: object, headers: Record<string, string> = {}) {
  const device = { device_id: 'the device of Eve' };
  const response = await post(`${origin}${path}`, { ...body, ...device }, headers);
  const { instance: _, ...problem } = (await response.json()) as { instance: string };
  const told = Object.fromEntries(
    [...response.headers].filter(([name]) => !/^(date|x-request-id|ratelimit)$/.test(name)),
  );
  return { status: response.status, problem, told: { ...told, 'content-length': '' } };
}

const credentials = {
  none: {},
  'a wrong secret': { secret: 'x'.repeat(43) },
  'a wrong passcode': { passcode: 'open sezame' },
  both: { secret: 'x'.repeat(43), passcode: 'open sesame' },
};

for (const [shown, credential] of Object.entries(credentials)) {
  t.test(`${shown}: one answer for everything`, async (t) => {
    const stranger = await makeUser(control);
    for (const headers of [{}, stranger.headers]) {
      for (const path of ['/v1/join/check', '/v1/join']) {
        const name = path === '/v1/join' ? { display_name: 'Eve' } : {};
        const answers = [];
        for (const code of Object.values(codes)) {
          answers.push(await answerTo(path, { code, ...name, ...credential }, { ...headers }));
        }
        t.match(answers[0], { status: 403, problem: { code: 'join_refused' } });
        t.strictSame(answers, Array(answers.length).fill(answers[0]), path);
      }
    }
  });
}

t.test(
  'wrong passcodes: five a minute for an address, whether there is a meeting or not',
  async (t) => {
    const limited = await testControl(t, await testDatabase(t, server), {
      config: { limits: { passcodeMissesPerMinute: 5 } },
    });
    const real = await createMeeting(limited.origin, { policy: { passcode: 'open sesame' } });
    const statuses = [];
    for (const code of [real.code, 'nonexistent0']) {
      const answers = [];
      for (let n = 0; n < 7; n++) {
        const body = { code, passcode: `guess ${n}`, display_name: 'Eve' };
        answers.push((await post(`${limited.origin}/v1/join`, body)).status);
      }
      statuses.push(answers);
    }
    t.strictSame(statuses[0], [403, 403, 403, 403, 403, 429, 429]);
    t.strictSame(statuses[1], statuses[0]);
  },
);

t.test('after 30 wrong passcodes in an hour the right one leads to the lobby', async (t) => {
  const limits = { passcodeMissesPerMinute: 1000, passcodeMissesPerHour: 30 };
  const limited = await testControl(t, await testDatabase(t, server), { config: { limits } });
  const meeting = await createMeeting(limited.origin, { policy: { passcode: 'open sesame' } });
  const join = (passcode: string, more: object = {}) =>
    post(`${limited.origin}/v1/join`, {
      ...{ code: meeting.code, passcode, display_name: 'Eve' },
      ...more,
    });
  t.match(await (await join('open sesame')).json(), { state: 'admitted' });
  for (let n = 0; n < 30; n++) await join(`guess ${n}`);
  t.match(await (await join('open sesame')).json(), { state: 'lobby' });
  const host = await join('guess', { secret: meeting.hostSecret });
  t.match(await host.json(), { state: 'admitted' }, 'hosts need none');
});
