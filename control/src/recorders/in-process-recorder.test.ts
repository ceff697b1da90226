/** Rooms of a recorder, over an engine without packets: whose calls count, what goes on, what ends. */
import t, { type Test } from 'tap';
import { createNode, FakeEngine } from '../../../lib/index.js';
import type {
  Recorder,
  Recording,
  RecordingOrder,
  RecordingStatus,
} from '../../../recorder/src/index.js';
import { idleLoad } from '../testing/test-recorders.js';
import { InProcessRecorder } from './in-process-recorder.js';
import type { RecorderEvent } from './recorder-client.js';

/** Recordings that only remember what they were told. */
class Remembering {
  readonly said: string[] = [];
  isFull = false;
  begun: Promise<void> = Promise.resolve();
  listener: (status: RecordingStatus) => void = () => {};
  private readonly open = new Map<string, Recording>();

  get recorder(): Recorder {
    return {
      begin: ({ id }, order, epoch) => this.begin(id, order, epoch ?? 0),
      find: (recordingId) => this.open.get(recordingId) ?? null,
      statuses: () => [...this.open.values()].map(({ status }) => status),
      onStatus: (listener) => {
        this.listener = listener;
      },
      release: async (recordingId, take) => void this.said.push(`release ${recordingId} ${take}`),
      finish: (recordingId, take, reason) =>
        void this.said.push(`finish ${recordingId} ${take} ${reason}`),
      load: () => ({ ...idleLoad, isFull: this.isFull }),
      stats: () => ({ recorder_tracks: 3, recorder_packets_total: 7 }),
      close: async () => void this.said.push('close'),
    };
  }

  private begin(roomId: string, { recordingId, take }: RecordingOrder, epoch: number): Recording {
    const name = `${recordingId}/${take}`;
    const note = (word: string) => void this.said.push(`${name} ${word}`);
    note(`begins in ${roomId} under ${epoch}`);
    const recording = {
      status: { recordingId, take } as RecordingStatus,
      begun: this.begun,
      setPaused: (paused: boolean) => note(`paused ${paused}`),
      setAllowed: (allowed: readonly string[] | null) => note(`allowed ${allowed}`),
      tell: (facts: readonly unknown[]) => note(`told ${facts.length}`),
      roomReplaced: () => note('replaced'),
      stop: (reason: string) => {
        note(`stopped: ${reason}`);
        this.open.delete(recordingId);
      },
    };
    this.open.set(recordingId, recording);
    return recording;
  }
}

function orderOf(recordingId: string, but: Partial<RecordingOrder> = {}): RecordingOrder {
  return {
    ...{ recordingId, meetingId: 'meeting', title: '', startedAt: '', consent: 'inform' },
    ...{ take: 1, recordedMs: 0, isPaused: false, allowed: null },
    ...but,
  };
}

function aRecorder(t: Test) {
  const core = new Remembering();
  const media = createNode({ engine: new FakeEngine() });
  const renderer = { render: async () => {}, cancelRender: async () => {}, statuses: [] };
  const report = (error: unknown) => t.fail(`${error}`);
  const own = new InProcessRecorder({ media, recorder: core.recorder, renderer, report });
  const { client } = own;
  const events: RecorderEvent[] = [];
  client.onEvent((event) => events.push(event));
  t.teardown(() => client.close());
  return { core, media, client, events };
}

const one = { roomId: 'room', epoch: 1 };
const two = { roomId: 'room', epoch: 2 };

t.test('a newer epoch has the room; the recording goes on', async (t) => {
  const { core, client, media } = aRecorder(t);
  const held = await client.openRoom({ ...one, recording: orderOf('r') });
  t.equal(held.linkAddresses.length, 1);
  t.equal(media.rooms.size, 1);
  const taken = {
    ...two,
    adopt: true,
    recording: orderOf('r', { isPaused: true, allowed: ['a'] }),
  };
  await client.openRoom(taken);
  t.same(core.said, ['r/1 begins in room under 1', 'r/1 paused true', 'r/1 allowed a']);
  await t.rejects(client.openRoom({ ...one, recording: orderOf('r') }), { code: 'stale_epoch' });
  await t.rejects(client.setPaused({ ...one, paused: false }), { code: 'stale_epoch' });
  await client.closeRoom({ ...one, recordingId: 'r', take: 1, reason: 'late' });
  t.equal(media.rooms.size, 1, 'nobody closes what another one has by now');
  await client.tell({ ...two, facts: [{ type: 'left', participantId: 'p' }] });
  await client.closeRoom({ ...two, recordingId: 'r', take: 1, reason: 'stopped' });
  t.same(core.said.slice(3), ['r/1 told 1', 'r/1 stopped: stopped']);
  t.equal(media.rooms.size, 0);
  await t.rejects(client.tell({ ...two, facts: [] }), { code: 'not_in_room' });
});

t.test('links go on when they are adopted, and end when nobody knows them', async (t) => {
  const { client } = aRecorder(t);
  await client.openRoom({ ...one, recording: orderOf('r') });
  const key = (byte: number) => Buffer.alloc(28, byte).toString('base64');
  const keys = { id: 1, send: key(1), receive: key(2) };
  const remote = { address: '127.0.0.1', port: 9 };
  await client.openLink({ ...one, linkId: 'l', remote, keys });
  const again = { adopt: true, recording: orderOf('r') };
  t.same((await client.openRoom({ ...two, ...again })).links, ['l']);
  t.same((await client.openRoom({ ...two, recording: orderOf('r') })).links, []);
});

t.test('the next take of a recording, or another one, ends the one before', async (t) => {
  const { core, client } = aRecorder(t);
  await client.openRoom({ ...one, recording: orderOf('r') });
  await client.openRoom({ ...two, recording: orderOf('r', { take: 2 }) });
  t.same(core.said.slice(1), ['r/1 stopped: superseded', 'r/2 begins in room under 2']);
});

t.test(
  'a word about an earlier take, or an earlier recording, ends none that came later',
  async (t) => {
    const { core, client, media } = aRecorder(t);
    await client.openRoom({ ...one, recording: orderOf('r', { take: 2 }) });
    await client.closeRoom({ ...one, recordingId: 'r', take: 1, reason: 'moved' });
    await client.closeRoom({ ...one, recordingId: 'before', take: 2, reason: 'stopped' });
    await client.finish({ recordingId: 'r', take: 1, reason: 'over' });
    t.equal(media.rooms.size, 1);
    t.notOk(core.said.some((said) => said.includes('stopped')));
  },
);

t.test('full: nothing new, but what is recorded goes on', async (t) => {
  const { core, client } = aRecorder(t);
  await client.openRoom({ ...one, recording: orderOf('r') });
  core.isFull = true;
  await client.openRoom({ ...two, recording: orderOf('r') });
  const other = { roomId: 'other', epoch: 1, recording: orderOf('s') };
  await t.rejects(client.openRoom(other), { code: 'no_capacity' });
});

t.test('a take that fails, or ends by itself, keeps no links', async (t) => {
  const { core, client, media } = aRecorder(t);
  const status = { recordingId: 'r', take: 1, state: 'failed' } as RecordingStatus;
  // As a recorder does: it says so, and there is nothing of it.
  core.begun = Promise.resolve().then(() => {
    core.listener(status);
    throw new Error('the disk refuses');
  });
  await t.rejects(client.openRoom({ ...one, recording: orderOf('r') }), /the disk refuses/);
  t.equal(media.rooms.size, 0);
  core.begun = Promise.resolve();
  await client.openRoom({ ...one, recording: orderOf('r', { take: 2 }) });
  core.listener({ ...status, state: 'finishing' });
  t.equal(media.rooms.size, 1, 'that was another one');
  core.listener({ ...status, take: 2, state: 'finishing' });
  t.equal(media.rooms.size, 0);
});

t.test('finished by name, described, told of', async (t) => {
  const { core, client, events, media } = aRecorder(t);
  await client.openRoom({ ...one, recording: orderOf('r') });
  const status = client.description().recordings[0] as RecordingStatus;
  t.match(status, { recordingId: 'r', take: 1 });
  core.listener(status);
  t.match(events, [{ type: 'recording', status: { recordingId: 'r' } }]);
  await client.finish({ recordingId: 'r', take: 1, reason: 'over' });
  t.equal(media.rooms.size, 0);
  t.same(core.said.slice(1), ['r/1 stopped: over', 'finish r 1 over']);
  await client.release({ recordingId: 'r', take: 1 });
  t.equal(core.said.at(-1), 'release r 1');
  t.same(await client.stats(), { plenum_recorder_tracks: 3 }, 'what operators are shown');
});
