/** While a room is recorded: whoever comes, by every way, with every word on being recorded. */
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../../lib/index.js';
import { InProcessNode } from '../../nodes/in-process-node.js';
import { makeApiKey, makeUser } from '../../testing/test-accounts.js';
import { createMeeting, enter, joinBody, post } from '../../testing/test-client.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { postOffer, sdpFixture } from '../../testing/test-endpoints.js';
import { type Rule, recordedControl, shown } from '../../testing/test-recording.js';

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
  const control = await recordedControl(t, await testDatabase(t, server), { node });
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
  return { ...control, come, host };
}

async function outcomeOf(response: Response): Promise<string> {
  if (response.ok) return 'in';
  const { code, detail } = (await response.json()) as { code: string; detail: string };
  return detail === 'Nobody publishes yet.' ? 'in' : code;
}

for (const rule of ['inform', 'ask_each', 'all_must_accept'] as const) {
  t.test(`${rule}: ${paths.length} ways, ${words.length} words`, async (t) => {
    const { come, recorder, services, host } = await recorded(t, rule);
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
    const allowed = recorder.recording?.allowed ?? null;
    if (rule === 'inform') t.equal(allowed, null);
    else
      t.same(
        allowed?.filter((id) => !agreed.some((seat) => seat.id === id)),
        [],
      );
  });
}
