/**
 * Sound beside picture, and people beside each other: flashes and tones as they are in the files. Clocks of people run wrong,
 * and those of their walls say other times, as they do at home.
 */
import { quantile } from '../../results.js';
import { film720p } from '../media.js';
import type { Attendee, Meeting } from '../meeting.js';
import {
  alignmentMs,
  driftMsPerH,
  errorsOf,
  leastSignals,
  offsetFigures,
  originBy,
  type Point,
  pairOffsets,
} from '../offsets.js';
import type { Recorded } from '../recorded.js';
import type { Row, RowOptions } from '../row.js';
import { Stage } from '../stage.js';

const defaultSeconds = 60;

const clocks = [
  { mediaPpm: 0, wallPpm: 0, wallOffsetMs: 0 },
  { mediaPpm: 60, wallPpm: -20, wallOffsetMs: 5300 },
  { mediaPpm: -60, wallPpm: 40, wallOffsetMs: -2750 },
  { mediaPpm: 100, wallPpm: 100, wallOffsetMs: 180 },
];

/** `av-offset` and `alignment`, of one recording. */
export async function measureSignals({ seconds }: RowOptions): Promise<Row[]> {
  const lasting = seconds ?? defaultSeconds;
  return Stage.on({}, async (stage) => {
    const clock = (n: number) => clocks[n] ?? {};
    const meeting = await stage.meet({ people: clocks.length, look: film720p, clock });
    const id = await stage.record(meeting, lasting);
    const why = await stage.whyVoid();
    const recorded = await stage.fetch(await stage.recordings.untilReady(id));
    const work = { people: clocks.length, seconds: lasting, picture: '720p25', skew: '±100 ppm' };
    const rows = [await offsetRow(meeting, recorded), await alignmentRow(meeting, recorded)];
    return rows.map((row) => ({ ...row, work, void: why }));
  });
}

type Measured = Pick<Row, 'row' | 'figures' | 'bars'>;

async function offsetRow({ attendees }: Meeting, recorded: Recorded): Promise<Measured> {
  const points: Point[] = [];
  for (const attendee of attendees) {
    const flashes = await recorded.flashesOf(attendee);
    points.push(...pairOffsets(flashes, await recorded.tonesOf(attendee)));
  }
  const { count, medianMs, earlyP95Ms, lateP95Ms } = offsetFigures(points);
  return {
    row: 'av-offset',
    figures: {
      av_offset_median_ms: medianMs,
      av_sound_early_p95_ms: earlyP95Ms,
      av_sound_late_p95_ms: -lateP95Ms,
      av_signals: count,
      damaged_files: (await recorded.damage()).length,
    },
    bars: [
      { figure: 'av_offset_median_ms', most: 20 },
      { figure: 'av_sound_early_p95_ms', most: 40 },
      { figure: 'av_sound_late_p95_ms', most: 60 },
      { figure: 'av_signals', least: leastSignals(attendees.length, recorded.endMs) },
      { figure: 'damaged_files', most: 0 },
    ],
  };
}

async function alignmentRow(meeting: Meeting, recorded: Recorded): Promise<Measured> {
  const flashes = await errorsOfAll(meeting, (attendee) => recorded.flashesOf(attendee));
  const tones = await errorsOfAll(meeting, (attendee) => recorded.tonesOf(attendee));
  const drifts = [...flashes, ...tones].map((points) => Math.abs(driftMsPerH(points)));
  return {
    row: 'alignment',
    figures: {
      alignment_pictures_p95_ms: quantile(alignmentMs(flashes), 0.95),
      alignment_sounds_p95_ms: quantile(alignmentMs(tones), 0.95),
      // Of so short a time: a millisecond in a minute is 60 in an hour. The bar is `drift`'s.
      worst_slope_ms_per_h: Math.max(...drifts),
    },
    bars: [
      { figure: 'alignment_pictures_p95_ms', most: 50 },
      { figure: 'alignment_sounds_p95_ms', most: 50 },
    ],
  };
}

/** How far signals of each person are from when they were, all by one beginning of recorded time. */
async function errorsOfAll(
  meeting: Meeting,
  find: (attendee: Attendee) => Promise<number[]>,
): Promise<Point[][]> {
  const found: { at: number[]; clock: Awaited<ReturnType<Meeting['clockOf']>> }[] = [];
  for (const attendee of meeting.attendees) {
    found.push({ at: await find(attendee), clock: await meeting.clockOf(attendee) });
  }
  const [first] = found;
  if (first === undefined) throw new Error('nobody was there');
  const origin = originBy(first.at, first.clock);
  return found.map(({ at, clock }) => errorsOf(at, clock, origin));
}
