/**
 * product.md row 49: whoever comes, by whichever way, gets the decision of the one function. Every
 * combination of lobby, passcode, lock, block, consent and an absent host, by every path, over HTTP.
 */
import { randomUUID } from 'node:crypto';
import t from 'tap';
import { hashSecret } from '../../ids.js';
import { makeApiKey, makeUser } from '../../testing/test-accounts.js';
import { joinBody, post, type TestMeeting } from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { controlWithNode, postOffer, sdpFixture } from '../../testing/test-endpoints.js';
import { defaultPolicy } from '../meetings/service.js';
import { decideJoin, type JoinFacts } from './policy.js';

const server = await testServer(t);
const database = await testDatabase(t, server);
const control = await controlWithNode(t, database);
const { origin } = control;
const owner = await makeUser(control);
const member = await makeUser(control);
const program = await makeUser(control);
const apiKey = await makeApiKey(origin, program, ['meetings:write']);
const offers = { publish: sdpFixture('aiortc-whip-offer'), view: sdpFixture('aiortc-whep-offer') };
const passcode = 'open sesame';

interface Situation {
  lobby: 'off' | 'guests' | 'all';
  passcode: 'none' | 'shown' | 'missing';
  consent: 'none' | 'given' | 'missing';
  locked: boolean;
  blocked: boolean;
  hostFirst: boolean;
}

const flags = [false, true];
const situations: Situation[] = [];
for (const lobby of ['off', 'guests', 'all'] as const) {
  for (const shown of ['none', 'shown', 'missing'] as const) {
    for (const consent of ['none', 'given', 'missing'] as const) {
      for (const locked of flags) {
        for (const blocked of flags) {
          for (const hostFirst of flags) {
            situations.push({ lobby, passcode: shown, consent, locked, blocked, hostFirst });
          }
        }
      }
    }
  }
}

type Path = 'guest' | 'member' | 'api' | 'whip' | 'whep' | 'whip of a guest';
const paths: Path[] = ['guest', 'member', 'api', 'whip', 'whep', 'whip of a guest'];
const isMember = (path: Path) => path !== 'guest' && path !== 'whip of a guest';

function policyOf({ lobby, passcode: shown, consent, locked, hostFirst }: Situation) {
  return {
    lobby,
    locked,
    join_before_host: !hostFirst,
    ...(shown === 'none' ? {} : { passcode }),
    recording: { consent: 'all_must_accept', auto: consent !== 'none' },
  } as const;
}

/** What the one function says; nobody is there yet. `isReturning`: by a personal invite. */
function expectation(situation: Situation, path: Path, isReturning?: boolean): string {
  const { passcode: _, ...policy } = { passcode: undefined, ...policyOf(situation) };
  const meeting = {
    policy: { ...defaultPolicy, ...policy, has_passcode: situation.passcode !== 'none' },
    endedAt: null,
  } as never;
  const maxUses = isReturning === undefined ? null : 1;
  const credential = { expiresAt: null, maxUses, uses: 1, lobbyBypass: false };
  const facts: JoinFacts = {
    opened: { meeting, credential: { role: 'participant', ...credential } },
    now: 0,
    isReturning: isReturning ?? false,
    block: situation.blocked ? 'refused' : 'none',
    isMember: isMember(path),
    passcodeShown: situation.passcode === 'shown',
    passcodeTried: false,
    consented: situation.consent === 'given' ? true : null,
    recorded: null,
    hostPresent: false,
    seatsTaken: 0,
  };
  const decision = decideJoin(facts);
  return decision.outcome === 'refused' ? decision.code : decision.outcome;
}

async function makeMeeting(situation: Situation): Promise<TestMeeting> {
  const body = { policy: policyOf(situation) };
  const created = await (await post(`${origin}/v1/meetings`, body, owner.headers)).json();
  const { meeting, host_invite, participant_link } = created as TestMeeting;
  const secretIn = (url: string) => url.split('#k=')[1] as string;
  return {
    ...(created as TestMeeting),
    code: meeting.code,
    hostSecret: secretIn(host_invite.url),
    participantSecret: secretIn(participant_link),
  };
}

async function block(meeting: TestMeeting, who: { user?: string; device?: string; key?: string }) {
  await database.query(
    `insert into blocks (meeting_id, block_id, participant_id, user_id, device_hash, ingest_key_id,
       created_at) values ($1, $2, $2, $3, $4, $5, now())`,
    [
      meeting.meeting.meeting_id,
      randomUUID(),
      who.user ?? null,
      who.device === undefined ? null : hashSecret(who.device),
      who.key ?? null,
    ],
  );
}

async function byPeople(meeting: TestMeeting, situation: Situation, path: Path): Promise<Response> {
  const device = `device of ${path}`;
  const proofs = {
    ...(situation.passcode === 'shown' ? { passcode } : {}),
    ...(situation.consent === 'given' ? { consent: true } : {}),
  };
  if (path === 'api') {
    if (situation.blocked) await block(meeting, { user: program.userId });
    const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/join`;
    return post(url, { secret: meeting.participantSecret, ...proofs }, apiKey.headers);
  }
  const who = path === 'member' ? { user: member.userId } : { device };
  if (situation.blocked) await block(meeting, who);
  const headers = path === 'member' ? member.headers : {};
  const body = { ...joinBody(meeting, { deviceId: device }), ...proofs };
  return post(`${origin}/v1/join`, body, headers as Record<string, string>);
}

async function byProgram(
  meeting: TestMeeting,
  situation: Situation,
  path: Path,
): Promise<Response> {
  const scope = path === 'whep' ? 'view' : 'publish';
  const headers =
    path === 'whip of a guest'
      ? { authorization: `Bearer ${meeting.hostSecret}` }
      : { cookie: owner.headers.cookie };
  const made = await post(
    `${origin}/v1/meetings/${meeting.meeting.meeting_id}/ingest-keys`,
    {
      scope,
      ...(situation.passcode === 'shown' ? { passcode } : {}),
      ...(situation.consent === 'given' ? { consent: true } : {}),
    },
    headers as Record<string, string>,
  );
  const key = (await made.json()) as { ingest_key_id: string; key: string; url: string };
  if (situation.blocked) await block(meeting, { key: key.ingest_key_id });
  return postOffer(key, offers[scope]);
}

/** A request cannot wait: who has to is told to ask again; a player without a publisher as well. */
async function outcomeOf(response: Response): Promise<string> {
  if (response.headers.get('content-type')?.includes('application/sdp')) return 'admitted';
  const body = (await response.json()) as { state?: string; code?: string; detail?: string };
  if (body.state !== undefined) return body.state;
  if (body.code !== 'conflict') return body.code ?? `${response.status}`;
  return body.detail === 'Nobody publishes yet.' ? 'admitted' : 'lobby';
}

t.test(`${situations.length} situations by ${paths.length} paths`, async (t) => {
  const seen = new Set<string>();
  for (const situation of situations) {
    for (const path of paths) {
      const meeting = await makeMeeting(situation);
      const isProgram = path.startsWith('wh');
      const response = await (isProgram ? byProgram : byPeople)(meeting, situation, path);
      const outcome = await outcomeOf(response);
      const expected = expectation(situation, path);
      seen.add(expected);
      if (outcome !== expected)
        t.fail(`${path} ${JSON.stringify(situation)}: ${outcome}, not ${expected}`);
    }
  }
  t.strictSame(
    [...seen].sort(),
    ['admitted', 'blocked', 'consent_required', 'lobby', 'meeting_locked']
      .concat(['meeting_not_started', 'passcode_required'])
      .sort(),
    'every decision has been seen',
  );
});

const stranger = await makeUser(control);
const strangersKey = await makeApiKey(origin, stranger, ['meetings:write']);

/** Asks to come in by a personal invite: whose it is, or somebody else of the same kind. */
function byPersonal(meeting: TestMeeting, path: Path, secret: string, isSame = true) {
  if (path === 'api') {
    const { headers } = isSame ? apiKey : strangersKey;
    return post(`${origin}/v1/meetings/${meeting.meeting.meeting_id}/join`, { secret }, headers);
  }
  const { headers } = isSame ? member : stranger;
  // Another browser each time: an account is the same one in all of them.
  const deviceId = path === 'guest' && isSame ? 'the device of Gus' : randomUUID();
  const body = { ...joinBody(meeting, { deviceId }), secret };
  return post(`${origin}/v1/join`, body, path === 'member' ? { ...headers } : {});
}

async function personalSecret(meeting: TestMeeting): Promise<string> {
  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}/invites`;
  const invite = { role: 'participant', max_uses: 1 };
  const made = (await (await post(url, invite, { ...owner.headers })).json()) as { url: string };
  return made.url.split('#k=')[1] as string;
}

t.test('a used personal invite lets in whom it let in, by the same decision', async (t) => {
  const open: Situation = {
    ...{ lobby: 'off', passcode: 'none', consent: 'none' },
    ...{ locked: false, blocked: false, hostFirst: false },
  };
  const plain = situations.filter(
    (one) => one.passcode === 'none' && one.consent === 'none' && !one.hostFirst,
  );
  for (const situation of plain) {
    const meeting = await makeMeeting(open);
    for (const path of ['guest', 'member', 'api'] as const) {
      const secret = await personalSecret(meeting);
      const outcome = async (isSame: boolean) =>
        outcomeOf(await byPersonal(meeting, path, secret, isSame));
      t.equal(await outcome(true), 'admitted', 'whoever comes first');
      const { lobby, locked } = situation;
      await setPolicy(meeting, { lobby, locked });
      const who = { guest: { device: 'the device of Gus' }, member: { user: member.userId } };
      if (situation.blocked) {
        await block(meeting, path === 'api' ? { user: program.userId } : who[path]);
      }
      const asked = `${path} ${JSON.stringify(situation)}`;
      t.equal(await outcome(true), expectation(situation, path, true), asked);
      t.equal(await outcome(false), expectation(situation, path, false), `not ${asked}`);
      await setPolicy(meeting, { lobby: 'off', locked: false });
    }
  }
  const used = await database.query('select distinct uses from invites where max_uses = 1');
  t.strictSame(used, [{ uses: 1 }], 'whoever comes back is counted once');
});

/** As a host's change outside of a live room. */
async function setPolicy({ meeting }: TestMeeting, policy: object): Promise<void> {
  await database.query('update meetings set policy = policy || $2::jsonb where meeting_id = $1', [
    meeting.meeting_id,
    JSON.stringify(policy),
  ]);
}
