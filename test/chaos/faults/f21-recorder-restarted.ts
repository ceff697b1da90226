import type { Fault } from '../fault.js';
import { judge, longestHolesMs } from '../recording/judgement.js';
import { RecordedMeeting } from '../recording/recorded-meeting.js';

/** An upgrade of the only recorder: it is asked to stop, and started again. */
export const recorderRestarted: Fault = {
  id: 'F21',
  title: 'the recorder is restarted while it records',
  layout: 'S',
  async run(context) {
    const { fleet, size, expect, figure } = context;
    const meeting = await RecordedMeeting.open(context, { people: size === 'quick' ? 2 : 4 });
    const { process } = fleet.recorder;
    const since = performance.now();
    await process.end();
    await process.start();
    await meeting.shown('degraded', { since, reason: 'recorder_lost' });
    await meeting.shown('recording', { since });
    await meeting.hasFiles(2);
    const judged = await judge(context, meeting, await meeting.end());
    for (const { source, gaps } of judged.tracks) {
      const named = gaps.filter(({ reason }) => reason === 'recorder').length;
      expect(named === 1, `a ${source} has ${named} gaps by its recorder`);
    }
    for (const { index, epoch, wire } of meeting.people) {
      expect(epoch === 1 && wire.closes.length === 0, `${index} noticed`);
    }
    figure({ name: 'gap', unit: 'ms', samples: longestHolesMs(judged), bars: {} });
  },
};
