import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault } from '../fault.js';
import type { FleetNode } from '../fleet/fleet.js';
import { judge, longestHolesMs } from '../recording/judgement.js';
import { RecordedMeeting } from '../recording/recorded-meeting.js';
import { nodeIsBack } from '../steps.js';

/** What is recorded after it. */
const afterMs = 1000;

/** SIGKILL of the node of a room that is recorded: the recording goes on with it, in the same manifest. */
export const recordedNodeKilled: Fault = {
  id: 'F1',
  title: 'kill -9 of the node of a recorded room',
  layout: 'S',
  async run(context) {
    const { fleet, size, expect, figure } = context;
    const victim = fleet.nodes[0] as FleetNode;
    const people = size === 'quick' ? 2 : 4;
    const meeting = await RecordedMeeting.open(context, { people, at: victim });
    await victim.process.kill();
    await eventually('everybody has media elsewhere', () =>
      meeting.people.every((one) => one.epoch > 1 && one.hasMedia) ? true : undefined,
    );
    await meeting.hasGaps('node');
    await pause(afterMs);
    const judged = await judge(context, meeting, await meeting.end());
    for (const { source, gaps } of judged.tracks) {
      const named = gaps.filter(({ reason }) => reason === 'node').length;
      expect(named === 1, `a ${source} has ${named} gaps by its node`);
    }
    // F1, and a second more.
    const bars = { p50: 3000, p95: 5000, max: 7000 };
    figure({ name: 'gap', unit: 'ms', samples: longestHolesMs(judged), bars });
    await victim.process.start();
    await nodeIsBack(fleet, victim);
  },
};
