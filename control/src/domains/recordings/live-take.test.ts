/** What a recorder is told, when it is not known whether it has heard it; on a clock of the test. */
import t, { type Test } from 'tap';
import type { RecordingOrder, RoomFact } from '../../../../recorder/src/index.js';
import { NodeError } from '../../nodes/node-client.js';
import type { RecorderClient } from '../../recorders/recorder-client.js';
import { TestClock } from '../../testing/test-clock.js';
import { TestRecorder } from '../../testing/test-recorders.js';
import { Take } from './live-take.js';

const order = { recordingId: 'r', take: 1, isPaused: false, allowed: ['a'] };

interface Told {
  roster: RoomFact[];
  /** What happens while it opens. */
  behind: RoomFact[];
}

/** At a recorder whose answers get lost while `isCut`: what it is told is done nevertheless. */
async function opened(
  t: Test,
  { roster = [], behind = [], ...change }: Partial<typeof order> & Partial<Told> = {},
) {
  const clock = new TestClock();
  const recorder = new TestRecorder('recorder');
  const way = { isCut: false };
  const cut =
    <Argument>(call: (argument: Argument) => Promise<void>) =>
    async (argument: Argument) => {
      await call(argument);
      if (way.isCut) throw new NodeError('node_lost', 'Nothing is heard of it.');
    };
  const { setPaused, setAllowed } = recorder.client;
  const client: RecorderClient = {
    ...recorder.client,
    setPaused: cut(setPaused),
    setAllowed: cut(setAllowed),
  };
  const recording = { ...order, ...change } as unknown as RecordingOrder;
  const take = new Take(
    { recorderId: recorder.recorderId, region: 'local', load: recorder.load, client },
    { roomId: 'room', epoch: 1 },
    { adopt: false, recording, roster },
    { clock, report: () => {} },
  );
  t.teardown(() => take.leave());
  for (const fact of behind) take.tell([fact]);
  await take.opened;
  const settled = () => new Promise(setImmediate);
  await settled();
  const again = async () => {
    clock.advance(1000);
    await settled();
  };
  return { recorder, take, way, settled, again };
}

t.test('a resume that was heard, and its answer lost: the pause after it is said', async (t) => {
  const { recorder, take, way, settled, again } = await opened(t, { isPaused: true });
  way.isCut = true;
  take.want({ isPaused: false, allowed: ['a'] });
  await settled();
  take.want({ isPaused: true, allowed: ['a'] });
  t.equal(recorder.recording?.isPaused, false);
  way.isCut = false;
  await again();
  t.equal(recorder.recording?.isPaused, true);
});

t.test('a list that was heard, and its answer lost: who is off it again is said', async (t) => {
  const { recorder, take, way, settled, again } = await opened(t);
  way.isCut = true;
  take.want({ isPaused: false, allowed: ['a', 'b'] });
  await settled();
  take.want({ isPaused: false, allowed: ['a'] });
  t.same(recorder.recording?.allowed, ['a', 'b']);
  way.isCut = false;
  await again();
  t.same(recorder.recording?.allowed, ['a']);
});

t.test(
  'a recorder that opens is told who is there, however many, and then what came behind',
  async (t) => {
    const joined = (n: number): RoomFact => ({
      ...{ type: 'joined', participantId: `p${n}`, name: `Person ${n}` },
    });
    const said = (n: number): RoomFact => ({ type: 'speaker', participantId: `p${n}` });
    const all = (make: (n: number) => RoomFact) => Array.from({ length: 1500 }, (_, n) => make(n));
    const { recorder } = await opened(t, { roster: all(joined), behind: all(said) });
    const { facts = [] } = recorder.recording ?? {};
    t.strictSame(facts.slice(0, 1500), all(joined));
    t.strictSame(facts.slice(1500), all(said).slice(500), 'of those the newest');
  },
);

t.test('in doubt both are said again, the pause first', async (t) => {
  const { recorder, take, way, settled, again } = await opened(t);
  way.isCut = true;
  take.want({ isPaused: true, allowed: [] });
  await settled();
  way.isCut = false;
  recorder.calls.length = 0;
  await again();
  t.same(
    recorder.calls.map(({ method }) => method),
    ['setPaused', 'setAllowed'],
  );
  t.match(recorder.recording, { isPaused: true, allowed: [] });
});
