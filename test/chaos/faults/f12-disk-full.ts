import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import { reserveBytes } from '../fleet/recorder.js';
import { type Judged, judge, recordedMs } from '../recording/judgement.js';
import { type Mark, RecordedMeeting } from '../recording/recorded-meeting.js';
import { begin, expectNoDoubles, expectUnharmed, gapsMs, openRooms } from '../steps.js';

/** Below the reserve, and far above its eighth, where sound ends too. */
const lowBytes = reserveBytes / 2;
/** Of sound there has to be some that is kept while pictures are not. */
const keptMs = 1500;
/** What waits for the next write when space ends, and the second until space is looked at. */
const toleranceMs = 1500;
/** Nobody hears a difference; nothing has to be moved for it. */
const heardGapMs = 300;

/** The disk of the recorder is full, in two steps, and then it is not any more. */
export const diskFull: Fault = {
  id: 'F12',
  title: 'the disk is full while recording',
  layout: 'S',
  lacking: ({ recorder }) => (recorder.hasDisk ? null : 'no disk can be mounted'),
  async run(context) {
    const { fleet, crowd, size } = context;
    const at = fleet.nodes[0] as FleetNode;
    const meeting = await RecordedMeeting.open(context, { people: 4, at });
    const rooms = await openRooms(context, { rooms: 1, at });
    context.teardown(() => fleet.recorder.free());
    const mark = await meeting.mark();
    await begin(context, rooms);
    const lasts = size === 'quick' ? keptMs : 8 * keptMs;
    await fill(context, meeting, { freeBytes: lowBytes, reason: 'disk_low' });
    await pause(lasts);
    await fill(context, meeting, { freeBytes: 0, reason: 'disk_full' });
    if (size === 'full') await pause(lasts);
    const freedMs = performance.now();
    await fleet.recorder.free();
    await meeting.shown('recording', { since: freedMs });
    await pause(keptMs);
    const report = await crowd.measured();
    expectNoDoubles(context, report, rooms);
    expectUnharmed(context, rooms);
    await expectNoEffect(context, meeting);
    const samples = gapsMs(report, rooms);
    context.figure({ name: 'gap of sound', unit: 'ms', samples, bars: { max: heardGapMs } });
    const judged = await judge(context, meeting, await meeting.end());
    expectSoundLast(context, judged);
    resumes(context, judged, { mark, freedMs });
  },
};

/** It is shown, with its reason, and stands in the log. */
async function fill(
  { fleet, figure }: FaultContext,
  meeting: RecordedMeeting,
  { freeBytes, reason }: { freeBytes: number; reason: string },
): Promise<void> {
  const since = performance.now();
  await fleet.recorder.fillUpTo(freeBytes);
  const shownMs = (await meeting.shown('degraded', { since, reason })) - since;
  await eventually(`${reason} is in the log`, async () =>
    (await fleet.admin.log(meeting.meetingId)).some(
      ({ type, data }) => type === 'disk.low' && data.state === reason,
    )
      ? true
      : undefined,
  );
  figure({ name: `${reason} is shown`, unit: 'ms', samples: [shownMs], bars: { max: 5000 } });
}

/** People of the recorded room were neither cut off nor moved, and are answered. */
async function expectNoEffect({ expect }: FaultContext, { people }: RecordedMeeting) {
  for (const person of people) {
    const { index, state, wire, epoch } = person;
    expect(state === 'online' && wire.closes.length === 0, `${index} lost a socket`);
    expect(epoch === 1, `${index} was moved`);
    await person.command('chat.send', { body: 'still here' });
  }
}

/** While the disk is low there are no pictures, and all of the sound. */
function expectSoundLast({ expect }: FaultContext, { recorded, tracks }: Judged): void {
  const disk = recorded.lines.flatMap((line) => (line.type === 'disk' ? [line] : []));
  const [low, full] = ['low', 'full'].map((state) => disk.find((line) => line.state === state)?.t);
  if (low === undefined || full === undefined) throw new Error('the manifest has no disk');
  for (const { source, gaps } of tracks) {
    const first = Math.min(...gaps.flatMap((gap) => (gap.reason === 'disk' ? [gap.from] : [])));
    const since = source === 'camera' ? low : full;
    const besideMs = first - since;
    expect(Math.abs(besideMs) < toleranceMs, `a ${source} ends ${besideMs} ms after it has to`);
  }
}

/** Each track has frames again, soon after there is space. */
function resumes(
  { expect, figure }: FaultContext,
  { recorded, tracks }: Judged,
  { mark, freedMs }: { mark: Mark; freedMs: number },
): void {
  const since = recordedMs(recorded, mark, freedMs);
  const next = tracks.map(({ times }) => times.find((time) => time > since));
  expect(!next.includes(undefined), 'a track did not go on');
  const samples = next.map((time = Number.POSITIVE_INFINITY) => time - since);
  figure({ name: 'goes on', unit: 'ms', samples, bars: { max: 5000 } });
}
