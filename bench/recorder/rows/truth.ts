/** 5 % of all datagrams are lost on the way to the node, or from the node to the recorder: what was received is written, what is missing is named. */
import { film720p, framesPerS, opusDelayMs, packetsPerS } from '../media.js';
import type { Attendee } from '../meeting.js';
import type { Recorded } from '../recorded.js';
import type { Row, RowOptions } from '../row.js';
import { Stage } from '../stage.js';

const defaultSeconds = 60;
const loss = 0.05;
const people = 4;
/** A hole is named when it lies in a gap but for so much: times in files are of milliseconds. */
const toleranceMs = 5;

/** What retransmissions repair. The crowd sends no sound again, so of it is there what comes at once.
 * Over the link a sound may be on its way when the recording is stopped. */
const leastOfDue: Record<Way, { picture: number; sound: number }> = {
  people: { picture: 0.9999, sound: 0.93 },
  link: { picture: 0.9999, sound: 0.999 },
};
const mostFirstMs = 100;
/** What is on its way, or is asked for again, when the recording is stopped. */
const mostLastMs = 200;

interface Found {
  /** In files. */
  frames: number;
  /** Between the first and the last of each track, at the distance at which they were sent. */
  due: number;
}

type Way = 'people' | 'link';

interface Truth {
  received: number;
  written: number;
  picture: Found;
  sound: Found;
  /** Of the worst track: before its first frame, and behind its last, without what gaps name. */
  firstMs: number;
  lastMs: number;
  /** Missing frames that no gap names. */
  unnamed: number;
  gaps: number;
  damaged: number;
}

export async function measureTruth({ seconds }: RowOptions): Promise<Row[]> {
  const lasting = seconds ?? defaultSeconds;
  const rows: Row[] = [];
  for (const way of ['people', 'link'] as const) rows.push(await lossy(way, lasting));
  const [first, second] = rows as [Row, Row];
  return [
    {
      row: 'truth',
      work: { people, seconds: lasting, loss, ways: 'people to node, node to recorder' },
      figures: { ...first.figures, ...second.figures },
      bars: [...first.bars, ...second.bars],
      void: [...first.void, ...second.void],
    },
  ];
}

function lossy(way: Way, lasting: number): Promise<Row> {
  return Stage.on({ relays: way }, async (stage) => {
    const meeting = await stage.meet({ people, look: film720p });
    const { people: relay, link } = stage.product;
    relay?.setLoss(loss);
    link?.setLoss(loss);
    const id = await stage.record(meeting, lasting);
    const why = await stage.whyVoid();
    // What is asked for again after the end comes as it came before.
    const recording = await stage.recordings.untilReady(id);
    const truth = await truthOf(await stage.fetch(recording), meeting.attendees);
    const named = (name: string) => `${way}_${name}`;
    return {
      row: 'truth',
      work: {},
      figures: {
        [named('written_per_received')]: truth.written / truth.received,
        [named('pictures_per_due')]: truth.picture.frames / truth.picture.due,
        [named('sounds_per_due')]: truth.sound.frames / truth.sound.due,
        [named('unnamed_missing_frames')]: truth.unnamed,
        [named('unnamed_first_ms')]: truth.firstMs,
        [named('unnamed_last_ms')]: truth.lastMs,
        [named('gaps')]: truth.gaps,
        [named('damaged_files')]: truth.damaged,
      },
      bars: [
        { figure: named('written_per_received'), least: 0.9999 },
        { figure: named('pictures_per_due'), least: leastOfDue[way].picture },
        { figure: named('sounds_per_due'), least: leastOfDue[way].sound },
        { figure: named('unnamed_missing_frames'), most: 0 },
        { figure: named('unnamed_first_ms'), most: mostFirstMs },
        { figure: named('unnamed_last_ms'), most: mostLastMs },
        { figure: named('damaged_files'), most: 0 },
      ],
      void: why,
    };
  });
}

async function truthOf(recorded: Recorded, attendees: readonly Attendee[]): Promise<Truth> {
  const truth = {
    ...{ ...recorded.counts, unnamed: 0, firstMs: 0, lastMs: 0 },
    picture: { frames: 0, due: 0 },
    sound: { frames: 0, due: 0 },
  };
  for (const attendee of attendees) {
    for (const source of ['microphone', 'camera'] as const) {
      const intervalMs = 1000 / (source === 'camera' ? framesPerS : packetsPerS);
      const files = recorded.tracksOf(attendee, source);
      // A player begins earlier by what the decoder is behind (CodecDelay); gaps are of packets.
      const behindMs = source === 'microphone' ? opusDelayMs : 0;
      const byFile = await Promise.all(files.map((file) => recorded.framesOf(file)));
      const times = byFile.flat().map((ms) => ms + behindMs);
      const [first = Number.NaN, last = Number.NaN] = [times[0], times.at(-1)];
      const ids = new Set(files.map(({ file }) => file.track_id));
      const gaps = recorded.gaps.filter(({ track_id }) => ids.has(track_id));
      const found = source === 'camera' ? truth.picture : truth.sound;
      found.frames += times.length;
      found.due += Math.round((last - first) / intervalMs) + 1;
      truth.unnamed += unnamedFrames(times, intervalMs, gaps);
      truth.firstMs = Math.max(truth.firstMs, unnamedMs(0, first, gaps));
      truth.lastMs = Math.max(truth.lastMs, unnamedMs(last + intervalMs, recorded.endMs, gaps));
    }
  }
  return { ...truth, gaps: recorded.gaps.length, damaged: (await recorded.damage()).length };
}

/** Of `from` to `to`, without what lies in gaps (in order, apart). */
export function unnamedMs(
  from: number,
  to: number,
  gaps: readonly { from: number; to: number }[],
): number {
  const named = gaps.map((gap) => Math.min(gap.to, to) - Math.max(gap.from, from));
  return named.reduce((rest, ms) => rest - Math.max(0, ms), Math.max(0, to - from));
}

/** Of times in order: moments at which a frame should be, and is neither there nor in a gap. */
export function unnamedFrames(
  times: readonly number[],
  intervalMs: number,
  gaps: readonly { from: number; to: number }[],
): number {
  let unnamed = 0;
  for (const [at, time] of times.entries()) {
    const next = times[at + 1];
    if (next === undefined) break;
    const missing = Math.round((next - time) / intervalMs) - 1;
    for (let n = 1; n <= missing; n += 1) {
      const dueMs = time + (n * (next - time)) / (missing + 1);
      const isNamed = gaps.some(
        ({ from, to }) => from - toleranceMs <= dueMs && dueMs <= to + toleranceMs,
      );
      if (!isNamed) unnamed += 1;
    }
  }
  return unnamed;
}
