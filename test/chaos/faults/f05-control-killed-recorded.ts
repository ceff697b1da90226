import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault } from '../fault.js';
import type { FleetControl } from '../fleet/fleet.js';
import { judge, longestHolesMs } from '../recording/judgement.js';
import { RecordedMeeting } from '../recording/recorded-meeting.js';
import { areBack, nodeIsBack } from '../steps.js';

const afterMs = 1000;
const may = ['key_frame', 'node'];

/** The only control process: whoever takes the room over goes on with its recording, in the same take. */
export const recordedControlKilled: Fault = {
  id: 'F5',
  title: 'kill -9 of the only control process while a room is recorded',
  layout: 'S',
  async run(context) {
    const { fleet, size, expect, figure } = context;
    const [{ process }] = fleet.controls as [FleetControl];
    const meeting = await RecordedMeeting.open(context, { people: size === 'quick' ? 2 : 4 });
    const killedAt = performance.now();
    process.supervise();
    await process.kill();
    await eventually('every socket is back', () =>
      areBack([meeting], killedAt) ? true : undefined,
    );
    for (const one of [...fleet.nodes, fleet.recorder]) await nodeIsBack(fleet, one);
    await eventually('it is recorded', async () =>
      (await meeting.status()).status === 'recording' ? true : undefined,
    );
    await pause(afterMs);
    const answer = await fleet.admin.ask('GET', `v1/meetings/${meeting.meetingId}/recordings`);
    const { items } = (await answer.json()) as { items: unknown[] };
    expect(items.length === 1, `${items.length} recordings`);
    const judged = await judge(context, meeting, await meeting.end());
    // Without a key frame a picture does not begin; at 0 the ways to the recorder open. A recorder that is not in contact
    // within 4 s links anew: the figure has it.
    const others = judged.recorded.gaps.filter(
      ({ from, reason }) => from > 0 && !may.includes(reason),
    );
    expect(others.length === 0, `gaps: ${JSON.stringify(others.slice(0, 3))}`);
    figure({ name: 'gap', unit: 'ms', samples: longestHolesMs(judged), bars: { max: 300 } });
  },
};
