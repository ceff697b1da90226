/** What judges the recorder finds what was put into files of its own: offsets, drift, missing frames, damage. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { countFrames, decodeErrors, run } from '../../../bench/recorder/ffmpeg.js';
import { findFlashes } from '../../../bench/recorder/flashes.js';
import { signalAtMs, toneOf } from '../../../bench/recorder/media.js';
import {
  alignmentMs,
  driftMsPerH,
  errorsOf,
  offsetFigures,
  originBy,
  pairOffsets,
} from '../../../bench/recorder/offsets.js';
import { findTones } from '../../../bench/recorder/tones.js';

const hz = toneOf(0);

interface Wish {
  seconds: number;
  /** The sound's, against the picture's. */
  lateMs?: number;
  /** How much faster the clock of the picture runs. */
  ppm?: number;
  encoders?: readonly string[];
  name?: string;
}

/** ffmpeg writes Opus into Matroska 6.5 ms before its picture, whatever it is told: so sound that has no delay. */
const matroska = ['-c:v', 'libvpx', '-deadline', 'realtime', '-c:a', 'flac'];
const mp4 = ['-c:v', 'libx264', '-preset', 'ultrafast', '-c:a', 'aac'];

/** A flash and a tone each second. */
async function made(
  t: Test,
  { seconds, lateMs = 0, ppm = 0, encoders = matroska, name = 'a.mkv' }: Wish,
) {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-judging-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const picture = [
    `color=c=0x202080:s=160x90:r=25:d=${seconds}`,
    `drawbox=c=white:t=fill:enable='between(mod(n,25),12,14)'`,
    'settb=1/90000',
    `setpts=PTS/${1 + ppm * 1e-6}`,
  ];
  const at = `mod(t-${lateMs / 1000},1)`;
  const wave = `if(gte(${at},0.48)*lt(${at},0.58),0.5*sin(2*PI*${hz}*t),0)+0.004*(random(0)-0.5)`;
  const file = join(folder, name);
  await run('ffmpeg', [
    ...['-v', 'error', '-f', 'lavfi', '-i', picture.join(',')],
    ...['-f', 'lavfi', '-i', `aevalsrc=exprs='${wave}':s=48000:d=${seconds}`],
    ...['-fps_mode', 'passthrough', '-enc_time_base:v', '1:90000', ...encoders, file],
  ]);
  return file;
}

const offsets: (Omit<Wish, 'seconds'> & { lateMs: number })[] = [
  { lateMs: 0 },
  { lateMs: -35 },
  { lateMs: 50 },
  { lateMs: 50, encoders: mp4, name: 'a.mp4' },
];
for (const { lateMs, ...how } of offsets) {
  t.test(`sound ${lateMs} ms late ${how.name ?? ''}`, async (t) => {
    const file = await made(t, { seconds: 4, lateMs, ...how });
    const points = pairOffsets(await findFlashes(file), await findTones(file, hz));
    const { count, medianMs, earlyP95Ms, lateP95Ms } = offsetFigures(points);
    t.equal(count, 4);
    // Matroska counts milliseconds.
    t.ok(Math.abs(medianMs - Math.abs(lateMs)) <= 1, `median ${medianMs}`);
    t.ok(Math.abs(earlyP95Ms + lateMs) <= 1, `early ${earlyP95Ms}`);
    t.ok(Math.abs(lateP95Ms + lateMs) <= 1, `late ${lateP95Ms}`);
    t.same(await findTones(file, hz + 200), [], 'another tone is not there');
    t.equal(await countFrames(file, 'video'), 100);
    t.equal(await decodeErrors(file), '');
  });
}

t.test('a clock that runs 1000 ppm fast drifts by 3.6 s an hour', async (t) => {
  const file = await made(t, { seconds: 40, ppm: 1000 });
  const flashes = await findFlashes(file);
  const drift = driftMsPerH(pairOffsets(flashes, await findTones(file, hz)));
  t.ok(Math.abs(drift + 3600) < 60, `${drift} ms/h beside the sound`);
  const clock = { beganMs: 5000, mediaPpm: 0 };
  const own = driftMsPerH(errorsOf(flashes, clock, originBy(flashes, clock)));
  t.ok(Math.abs(own + 3600) < 60, `${own} ms/h beside a clock that runs as it should`);
  const known = { beganMs: 5000, mediaPpm: 1000 };
  const none = driftMsPerH(errorsOf(flashes, known, originBy(flashes, known)));
  t.ok(Math.abs(none) < 60, `${none} ms/h beside its own`);
});

t.test('people who began at different times, one of them 30 ms beside', (t) => {
  const clocks = [1000, 1234, 4321].map((beganMs) => ({ beganMs, mediaPpm: 0 }));
  const originMs = 5100;
  const found = clocks.map(({ beganMs }, person) =>
    [0, 1, 2, 3].map(
      (n) => beganMs + signalAtMs + (n + 8) * 1000 - originMs + (person === 2 ? 30 : 0),
    ),
  );
  const told = originBy(found[0] as number[], clocks[0] as (typeof clocks)[0]);
  const people = found.map((those, person) =>
    errorsOf(those, clocks[person] as (typeof clocks)[0], told),
  );
  t.same(new Set(alignmentMs(people.slice(0, 2)).map(Math.round)), new Set([0]));
  t.same(new Set(alignmentMs(people).map(Math.round)), new Set([0, 30]));
  t.end();
});

t.test('damage is seen', async (t) => {
  const file = await made(t, { seconds: 2 });
  const handle = await open(file, 'r+');
  await handle.write(Buffer.alloc(200, 0x5a), 0, 200, 3000);
  await handle.close();
  t.not(await decodeErrors(file), '');
});
