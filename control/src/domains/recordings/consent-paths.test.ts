/** While a room is recorded: whoever comes, by every way, with every word on being recorded. */
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../../lib/index.js';
import { InProcessNode } from '../../nodes/in-process-node.js';
import { makeApiKey, makeUser } from '../../testing/test-accounts.js';
import { createMeeting, enter, joinBody, post } from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { postOffer, sdpFixture } from '../../testing/test-endpoints.js';
import { type Rule, recordedControl, shown } from '../../testing/test-recording.js';
import { eventually } from '../../testing/test-redis.js';
import type { Seat } from '../rooms/service.js';

const server = await testServer(t);
const offers = { publish: sdpFixture('aiortc-whip-offer'), view: sdpFixture('aiortc-whep-offer') };

type Word = 'yes' | 'no' | 'nothing';
const words: readonly Word[] = ['yes', 'no', 'nothing'];
const paths = ['guest', 'member', 'api', 'whip', 'whep'] as const;
type Path = (typeof paths)[number];

/** A key says yes or no: it was made with a word, or without one, which is none. */
const isProgram = (path: Path) => path === 'whip' || path === 'whep';

function expected(rule: Rule, path: Path, word: Word): 'in' | 'consent_required' {
  if (rule === 'inform' || word === 'yes') return 'in';
  if (rule === 'all_must_accept') return 'consent_required';
  return word === 'no' || isProgram(path) ? 'in' : 'consent_required';
}

async function recorded(t: Test, rule: Rule) {
  const media = createNode({ engine: new FakeEngine() });
  const { client: node } = new InProcessNode(media);
  t.teardown(() => node.close());
  const database = await testDatabase(t, server);
  const control = await recordedControl(t, database, { node });
  const { origin } = control;
  const owner = await makeUser(control, { username: 'owner' });
  const member = await makeUser(control, { username: 'member' });
  const apiKey = await makeApiKey(origin, member, ['meetings:write']);
  const policy = { recording: { consent: rule, auto: false } };
  const meeting = await createMeeting(origin, { policy }, owner.headers);
  const host = await enter(origin, meeting, { host: true, name: 'Host' });
  await host.client.ask('recording.start', { consent: true });
  await shown(host.client, 'recording');
  const url = `${origin}/v1/meetings/${meeting.meeting.meeting_id}`;
  const byProgram = async (scope: 'publish' | 'view', word: Word) => {
    const body = { scope, ...(word === 'nothing' ? {} : { consent: word === 'yes' }) };
    const made = await post(`${url}/ingest-keys`, body, owner.headers);
    return postOffer((await made.json()) as { url: string; key: string }, offers[scope]);
  };
  const come = (path: Path, word: Word): Promise<Response> => {
    const said = word === 'nothing' ? {} : { consent: word === 'yes' };
    if (path === 'whip') return byProgram('publish', word);
    if (path === 'whep') return byProgram('view', word);
    const body = { ...joinBody(meeting), ...said };
    if (path === 'guest') return post(`${origin}/v1/join`, body);
    if (path === 'member') return post(`${origin}/v1/join`, body, member.headers);
    return post(`${url}/join`, { secret: meeting.participantSecret, ...said }, apiKey.headers);
  };
  return { ...control, database, come, host };
}

async function outcomeOf(response: Response): Promise<string> {
  if (response.ok) return 'in';
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return detail === 'Nobody publishes yet.' ? 'in' : code;
}

for (const rule of ['inform', 'ask_each', 'all_must_accept'] as const) {
  t.test(`${rule}: ${paths.length} ways, ${words.length} words`, async (t) => {
    const { database, come, recorder, services, host } = await recorded(t, rule);
    const isAsked = ({ id, participant: { kind } }: Seat) => id !== host.id && kind !== 'whep';
    for (const path of paths) {
      for (const word of words) {
        const outcome = await outcomeOf(await come(path, word));
        t.equal(outcome, expected(rule, path, word), `${path} says ${word}`);
      }
    }
    await host.client.pinged();
    const [room] = [...services.rooms.all];
    // The host has agreed to this recording as they began it.
    const hasAgreed = ({ id, consented }: { id: string; consented: boolean | null }) =>
      consented === true || id === host.id;
    const agreed = [...(room?.seats.values() ?? [])].filter(hasAgreed);
    const seated = agreed.filter(({ participant: { kind } }) => kind !== 'whep');
    t.ok(seated.some(({ participant: { kind } }) => kind === 'whip'));
    const named = rule === 'inform' ? null : seated.map(({ id }) => id).sort();
    await eventually('whoever has agreed may be written, and nobody else', async () => {
      const allowed = recorder.recording?.allowed ?? null;
      return JSON.stringify(allowed && [...allowed].sort()) === JSON.stringify(named) || undefined;
    });
    const states = host.client.ofType('recording.state').map(({ d: { state } }) => state);
    const since = new Set(states.slice(states.indexOf('recording')));
    t.same([...since], ['recording'], 'and it never stood still');
    t.same(
      recorder.calls.filter(({ method }) => method === 'setPaused'),
      [],
    );
    const asked = await database.query<{ name: string }>(
      'select name from recording_consents where name <> $1',
      ['Host'],
    );
    t.equal(asked.length, [...(room?.seats.values() ?? [])].filter(isAsked).length);
  });
}
