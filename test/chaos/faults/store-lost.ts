import { film720p } from '../../../bench/recorder/media.js';
import { eventually, pause } from '../../e2e/support/plenum.js';
import type { Fault } from '../fault.js';
import { judge, longestHolesMs } from '../recording/judgement.js';
import { RecordedMeeting } from '../recording/recorded-meeting.js';

/** Of the long form: the store is away for so long. */
const awayMs = 180_000;
/** Enough for parts to be due, little enough for the disk: parts of a picture from 84 s on. */
const look = { ...film720p, bitrateBps: 1_000_000 };
const holeMs = 1000;

/** The S3 store is away while a room is recorded, and after; the recording waits for it on the disk. */
export const storeLost: Fault = {
  id: 'Store',
  title: 'the S3 store is away during and after a recording',
  layout: 'S',
  async run(context) {
    const { fleet, size, expect, figure } = context;
    const { store } = fleet.recorder;
    const wish = size === 'quick' ? { people: 2 } : { people: 4, look };
    const meeting = await RecordedMeeting.open(context, wish);
    const since = performance.now();
    await store.kill();
    if (size === 'full') {
      await meeting.shown('degraded', { since, reason: 'store_down', limitMs: awayMs });
      await pause(since + awayMs - performance.now());
    }
    await meeting.stop();
    await eventually('store_down is said', async () => {
      const { status, reason } = await meeting.status();
      return (status === 'processing' && reason === 'store_down') || undefined;
    });
    await store.restart();
    const backAt = performance.now();
    const recorded = await meeting.stored();
    const samples = [performance.now() - backAt];
    figure({ name: 'stored after its return', unit: 'ms', samples, bars: {} });
    const judged = await judge(context, meeting, recorded);
    const longestMs = Math.max(...longestHolesMs(judged));
    expect(longestMs < holeMs, `nothing of a track for ${longestMs} ms`);
  },
};
