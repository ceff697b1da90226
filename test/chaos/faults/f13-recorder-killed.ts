import { pause } from '../../e2e/support/plenum.js';
import type { Fault, FaultContext } from '../fault.js';
import { type Judged, judge, recordedMs } from '../recording/judgement.js';
import { type Mark, RecordedMeeting } from '../recording/recorded-meeting.js';

/** Kills of one recording, and when they come. */
const quick = { kills: 3, withinMs: 600, lastsMs: 0 };
const full = { kills: 1, withinMs: 15_000, lastsMs: 20_000 };

interface Kill {
  mark: Mark;
  atMs: number;
}

/** SIGKILL at a random moment: its supervisor starts it again, and the recording goes on. */
export const recorderKilled: Fault = {
  id: 'F13',
  title: 'kill -9 of the recorder',
  layout: 'S',
  async run(context) {
    const { fleet, size, random } = context;
    const { kills: count, withinMs, lastsMs } = size === 'quick' ? quick : full;
    const meeting = await RecordedMeeting.open(context, { people: 2 });
    const { process } = fleet.recorder;
    process.supervise();
    const kills: Kill[] = [];
    for (let n = 0; n < count; n += 1) {
      const mark = await meeting.mark();
      await pause(random() * withinMs);
      const kill = { mark, atMs: performance.now() };
      kills.push(kill);
      await process.kill();
      await meeting.shown('degraded', { since: kill.atMs, reason: 'recorder_lost' });
      await meeting.shown('recording', { since: kill.atMs });
      await meeting.hasFiles(n + 2);
    }
    await pause(Math.max(0, meeting.beganMs + lastsMs - performance.now()));
    expectGaps(context, await judge(context, meeting, await meeting.end()), kills);
  },
};

/** Each kill is a gap of each track, named as such. */
function expectGaps({ expect, figure }: FaultContext, judged: Judged, kills: readonly Kill[]) {
  const lost: number[] = [];
  const restart: number[] = [];
  for (const { source, gaps } of judged.tracks) {
    const named = gaps.filter(({ reason }) => reason === 'recorder');
    named.sort((one, other) => one.from - other.from);
    expect(named.length === kills.length, `${named.length} gaps of a ${source}: ${kills.length}`);
    for (const [n, { from, to }] of named.entries()) {
      const { mark, atMs } = kills[n] as Kill;
      const killedMs = recordedMs(judged.recorded, mark, atMs);
      lost.push(killedMs - from);
      restart.push(to - killedMs);
    }
  }
  figure({ name: 'media lost', unit: 'ms', samples: lost, bars: { max: 1000 } });
  figure({ name: 'restart gap', unit: 'ms', samples: restart, bars: { max: 3000 } });
}
