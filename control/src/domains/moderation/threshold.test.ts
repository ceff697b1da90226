/** What hosts decide holds at once for those too who have a join token in their hands. */
import t, { type Test } from 'tap';
import type { Joined } from '../../schemas/http.js';
import { makeUser } from '../../testing/test-accounts.js';
import {
  createMeeting,
  enter,
  helloWith,
  join,
  joinBody,
  post,
  resumeWith,
  TestClient,
  type TestMeeting,
} from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin } = control;

async function meetingWithHost(body: object = {}) {
  const meeting = await createMeeting(origin, body);
  return { meeting, host: await enter(origin, meeting, { host: true }) };
}

/** Says hello with a join token. */
async function arrive(joinToken: string): Promise<TestClient> {
  const client = await new TestClient(origin).opened();
  client.send('hello', helloWith(joinToken), 'hello');
  return client;
}

async function refused(t: Test, joinToken: string, code: string): Promise<void> {
  const client = await arrive(joinToken);
  t.match(await client.type('error'), { re: 'hello', d: { code, fatal: true } });
  t.equal(await client.closed(), 4401, code);
}

type Answer = Joined & { code: string };

t.test('locked meanwhile: refused, or to the lobby; whoever is in comes back', async (t) => {
  const { meeting, host } = await meetingWithHost();
  const inside = await enter(origin, meeting, { name: 'Inside' });
  const [one, other] = [await join(origin, meeting), await join(origin, meeting)];
  await host.client.ask('mod.lock', { locked: true });
  await refused(t, one.join_token, 'meeting_locked');
  inside.client.cut();
  const back = await new TestClient(origin).opened();
  back.send('hello', resumeWith(inside.joined.d.resume_token, inside.joined.seq));
  await back.type('joined');
  await host.client.ask('mod.policy', { lobby: 'guests' });
  const waiting = await arrive(other.join_token);
  await waiting.type('lobby.waiting');
  t.match(await host.client.ask('mod.admit', { participant_ids: [other.participant_id] }), {
    t: 'ok',
  });
  await waiting.type('joined');
  const second = await join(origin, meeting);
  await host.client.ask('mod.lock', { locked: false });
  await host.client.ask('mod.policy', { lobby: 'off' });
  await (await arrive(second.join_token)).type('joined');
});

t.test('for members, with a passcode, without a host, recorded from now on', async (t) => {
  const owner = await makeUser(control);
  const created = await post(`${origin}/v1/meetings`, {}, owner.headers);
  const { meeting: made, participant_link } = (await created.json()) as TestMeeting;
  const url = `${origin}/v1/meetings/${made.meeting_id}`;
  const body = { code: made.code, secret: participant_link.split('#k=')[1], display_name: 'Eve' };
  const change = async (policy: object) => {
    const etag = (await fetch(url, { headers: owner.headers })).headers.get('etag') ?? '';
    const headers = { ...owner.headers, 'content-type': 'application/json', 'if-match': etag };
    const changed = await fetch(url, {
      method: 'PATCH',
      headers,
      body: JSON.stringify({ policy }),
    });
    t.equal(changed.status, 200);
  };
  const recording = { consent: 'ask_each', auto: false };
  const open = { guests: true, passcode: null, join_before_host: true, recording };
  for (const [policy, code] of [
    [{ guests: false }, 'login_required'],
    [{ passcode: 'open sesame' }, 'passcode_required'],
    [{ join_before_host: false }, 'meeting_not_started'],
    [{ recording: { ...recording, auto: true } }, 'consent_required'],
  ] as const) {
    await change(open);
    const joined = (await (await post(`${origin}/v1/join`, body)).json()) as Joined;
    await change(policy);
    await refused(t, joined.join_token, code);
  }
});

t.test('of many who come at once no more come in than there are places', async (t) => {
  const { meeting } = await meetingWithHost({ policy: { max_participants: 3 } });
  const tokens = await Promise.all(Array.from({ length: 8 }, () => join(origin, meeting)));
  const arrivals = await Promise.all(
    tokens.map(async ({ join_token }) => {
      const client = await arrive(join_token);
      const first = await client.find(({ re }) => re === 'hello');
      return first.t === 'error' ? first.d.code : first.t;
    }),
  );
  t.strictSame(arrivals.sort(), [...Array(2).fill('joined'), ...Array(6).fill('meeting_full')]);
});

t.test('blocked by the shared link, no device told: a token from before waits', async () => {
  const { meeting, host } = await meetingWithHost();
  const eve = await enter(origin, meeting, { name: 'Eve' });
  const { join_token } = await join(origin, meeting, { name: 'Eve again' });
  await host.client.ask('mod.remove', { participant_id: eve.id, block: true });
  await (await arrive(join_token)).type('lobby.waiting');
});

t.test('blocked as an account: its tokens are refused, its fresh browser waits', async (t) => {
  const { meeting, host } = await meetingWithHost();
  const [eve, ada] = [await makeUser(control), await makeUser(control)];
  const asEve = async (headers: Record<string, string>) =>
    (await (await post(`${origin}/v1/join`, joinBody(meeting), headers)).json()) as Answer;
  const [seat, unused] = [await asEve(eve.headers), await asEve(eve.headers)];
  await (await arrive(seat.join_token)).type('joined');
  const removal = { participant_id: seat.participant_id, block: true };
  t.match(await host.client.ask('mod.remove', removal), { t: 'ok' });
  await refused(t, unused.join_token, 'blocked');
  t.equal((await asEve(eve.headers)).code, 'blocked');
  t.equal((await asEve({})).state, 'lobby', 'a guest may be anybody');
  const fresh = await makeUser(control);
  t.equal((await asEve(fresh.headers)).state, 'lobby', 'so may an account made since');
  t.equal((await asEve(ada.headers)).state, 'admitted', 'an older one is another person');
});

t.test('a guest of the passcode comes back by it to the lobby only', async (t) => {
  const passcode = 'open sesame';
  const { meeting, host } = await meetingWithHost({ policy: { passcode } });
  const body = { code: meeting.code, passcode, display_name: 'Eve' };
  const byPasscode = async (device_id?: string) =>
    (await (await post(`${origin}/v1/join`, { ...body, device_id })).json()) as Answer;
  const [eve, unused] = [await byPasscode('the device of Eve'), await byPasscode()];
  t.equal(eve.state, 'admitted');
  await (await arrive(eve.join_token)).type('joined');
  const removal = { participant_id: eve.participant_id, block: true };
  t.match(await host.client.ask('mod.remove', removal), { t: 'ok' });
  t.equal((await byPasscode('the device of Eve')).code, 'blocked');
  t.equal((await byPasscode('another browser')).state, 'lobby');
  t.equal((await byPasscode()).state, 'lobby');
  await (await arrive(unused.join_token)).type('lobby.waiting');
});
