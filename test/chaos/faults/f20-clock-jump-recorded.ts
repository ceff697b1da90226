import { offsetFigures, pairOffsets } from '../../../bench/recorder/offsets.js';
import { pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import { type Judged, judge, longestHolesMs } from '../recording/judgement.js';
import { RecordedMeeting } from '../recording/recorded-meeting.js';

const hourS = 3600;
/** Of the long form, one recording. */
const lastsMs = 300_000;
/** Of a signal each second. */
const fewest = 0.9 * (lastsMs / 1000);
/** No jump makes a hole; what is lost of a picture on a machine that does much else is none. */
const holeMs = 1000;

/** The wall clock of the recorder, and that of control, jumps an hour on, and an hour back. */
export const recorderClockJump: Fault = {
  id: 'F20',
  title: 'the clock jumps by an hour while a room is recorded',
  layout: 'S',
  async run(context) {
    const { fleet, size, expect } = context;
    const meeting = await RecordedMeeting.open(context, { people: 2 });
    const clocks = [fleet.recorder, ...fleet.controls];
    context.teardown(() => Promise.all(clocks.map((one) => fleet.setClock(one, 0))));
    const jumps = size === 'quick' ? [hourS, 0] : [hourS, -hourS, 0];
    const restMs = size === 'quick' ? 0 : lastsMs / (jumps.length * clocks.length);
    for (const seconds of jumps) {
      // A second passes until a process has its clock.
      if (size === 'quick') await Promise.all(clocks.map((one) => fleet.setClock(one, seconds)));
      else for (const one of clocks) await fleet.setClock(one, seconds).then(() => pause(restMs));
    }
    const judged = await judge(context, meeting, await meeting.end());
    const longestMs = Math.max(...longestHolesMs(judged));
    expect(longestMs < holeMs, `nothing of a track for ${longestMs} ms`);
    if (size === 'full') await tellOffsets(context, meeting, judged);
  },
};

/** The bars of recordings: sound beside picture. */
async function tellOffsets(
  { expect, figure }: FaultContext,
  { attendees }: RecordedMeeting,
  { recorded }: Judged,
): Promise<void> {
  for (const attendee of attendees) {
    const [flashes, tones] = [await recorded.flashesOf(attendee), await recorded.tonesOf(attendee)];
    const { count, medianMs, earlyP95Ms, lateP95Ms } = offsetFigures(pairOffsets(flashes, tones));
    expect(count > fewest, `${count} flashes with their tones`);
    const samples = [medianMs];
    figure({ name: 'sound beside picture, median', unit: 'ms', samples, bars: { max: 20 } });
    figure({ name: 'sound early, p95', unit: 'ms', samples: [earlyP95Ms], bars: { max: 40 } });
    figure({ name: 'sound late, p95', unit: 'ms', samples: [-lateP95Ms], bars: { max: 60 } });
  }
}
