/**
 * What a crowd sends, recorded in this process: packets of a node by taps, through the recorder, into files, and out of them by ffmpeg. The
 * clocks of people run wrong, a part of what they send is lost, and what they were shown and heard at one moment is at one moment in the files.
 */
import { randomUUID } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join as inFolder } from 'node:path';
import t, { type Test } from 'tap';
import { decodeErrors, run } from '../../../bench/recorder/ffmpeg.js';
import { findFlashes } from '../../../bench/recorder/flashes.js';
import {
  type Film,
  filmSmall,
  framesPerS,
  makeFilm,
  opusDelayMs,
  packetsPerS,
} from '../../../bench/recorder/media.js';
import {
  alignmentMs,
  errorsOf,
  offsetFigures,
  originBy,
  type Point,
  pairOffsets,
} from '../../../bench/recorder/offsets.js';
import { unnamedFrames } from '../../../bench/recorder/rows/truth.js';
import { findTones } from '../../../bench/recorder/tones.js';
import { quantile } from '../../../bench/results.js';
import { systemClock } from '../../../control/src/clock.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import {
  createRecorder,
  type ManifestLine,
  type RecordedFile,
  type RecordingStatus,
  type RecordingStore,
  type TappedRoom,
} from '../../../recorder/src/index.js';
import { FileStore } from '../../../recorder/src/testing/file-store.js';
import type { CrowdProcess } from '../../chaos/people/crowd-process.js';
import { eventually } from '../../e2e/support/plenum.js';
import { startUdpRelay } from '../../e2e/support/udp-relay.js';
import { join, openRoom } from './room.js';

const seconds = 6;
const clocks = [
  {},
  { mediaPpm: 60, wallPpm: -20, wallOffsetMs: 5300 },
  { mediaPpm: -100, wallPpm: 40, wallOffsetMs: -2750 },
];

interface Speaker {
  id: string;
  person: number;
  film: Film;
}

async function record(t: Test, folder: string, store: RecordingStore) {
  const port = await claimPort();
  const relay = await startUdpRelay({ nodePort: port, loss: 0, seed: 11 });
  t.teardown(() => relay.close());
  const { room, crowd, node } = openRoom(t, port);
  const speakers: Speaker[] = [];
  for (const [at, clock] of clocks.entries()) {
    const film = await makeFilm({ person: at, ...filmSmall });
    const guest = { person: at + 1, film, port: relay.port, clock };
    speakers.push({ id: await join(room, crowd, guest), person: at + 1, film });
  }
  const recorder = await createRecorder({
    ...{ recorderId: randomUUID(), folder: inFolder(folder, 'recorder') },
    ...{ store, clock: systemClock, nowUs: () => node.now(), log: () => {} },
  });
  t.teardown(() => recorder.close());
  const order = { recordingId: randomUUID(), meetingId: randomUUID(), title: 'Signals' };
  const startedAt = new Date().toISOString();
  const begins = { take: 1, recordedMs: 0, isPaused: false, allowed: null };
  const recording = recorder.begin(room as unknown as TappedRoom, {
    ...order,
    ...begins,
    startedAt,
    consent: 'inform',
  });
  relay.setLoss(0.03);
  await eventually(`${seconds} s`, () =>
    recording.status.recordedMs >= seconds * 1000 ? true : undefined,
  );
  recording.stop('stopped');
  const stored = await eventually('it is stored', () =>
    recording.status.state === 'stored' ? recording.status : undefined,
  );
  return { stored, speakers, crowd };
}

t.test('three people, 3 % of whose packets are lost', async (t) => {
  const folder = await mkdtemp(inFolder(tmpdir(), 'plenum-in-step-'));
  t.teardown(() => rm(folder, { recursive: true, force: true }));
  const store = new FileStore(inFolder(folder, 'store'));
  const { stored, speakers, crowd } = await record(t, folder, store);
  const path = ({ key }: RecordedFile) => store.pathOf(key);
  const offsets: Point[] = [];
  const errors: Point[][] = [];
  let originMs: number | undefined;
  for (const speaker of speakers) {
    const [camera, microphone] = [of(stored, speaker, 'camera'), of(stored, speaker, 'microphone')];
    const flashes = await findFlashes(path(camera));
    offsets.push(...pairOffsets(flashes, await findTones(path(microphone), speaker.film.toneHz)));
    const clock = await clockOf(crowd, speaker);
    originMs ??= originBy(flashes, clock);
    errors.push(errorsOf(flashes, clock, originMs));
  }
  const { count, medianMs } = offsetFigures(offsets);
  t.ok(count >= speakers.length * (seconds - 2), `${count} flashes with their tones`);
  t.ok(medianMs <= 20, `sound beside picture: ${medianMs} ms`);
  const apartMs = quantile(alignmentMs(errors), 0.95);
  t.ok(apartMs <= 50, `people beside each other: ${apartMs} ms`);
  await checkTruth(t, stored, path);
});

/** The one file of a track. */
function of({ files }: RecordingStatus, { id }: Speaker, source: string): RecordedFile {
  const found = files.filter((file) => file.participantId === id && file.source === source);
  if (found.length !== 1) throw new Error(`${found.length} files of a ${source}`);
  return found[0] as RecordedFile;
}

async function clockOf(crowd: CrowdProcess, { person }: Speaker) {
  const played = (await crowd.played()).find(({ stream }) => stream === 2 * person);
  return { beganMs: (played?.beganUs ?? 0) / 1000, mediaPpm: played?.mediaPpm ?? 0 };
}

/** No decoder complains, and what is missing is named. */
async function checkTruth(t: Test, stored: RecordingStatus, path: (file: RecordedFile) => string) {
  const manifest = stored.files.find(({ kind }) => kind === 'manifest') as RecordedFile;
  const lines = (await readFile(path(manifest), 'utf8')).split('\n').filter(Boolean);
  const gaps = lines
    .map((line) => JSON.parse(line) as ManifestLine)
    .filter((line) => line.type === 'gap');
  t.ok(
    gaps.some(({ reason }) => reason === 'loss'),
    'sound is not sent again: what was lost is a gap',
  );
  for (const file of stored.files.filter(({ kind }) => kind === 'track')) {
    t.equal(await decodeErrors(path(file)), '');
    const show = ['-v', 'error', '-show_entries', 'packet=pts_time', '-of', 'csv=p=0'];
    const { stdout } = await run('ffprobe', [...show, path(file)]);
    const isSound = file.source === 'microphone';
    const times = stdout.toString().split('\n').filter(Boolean).map(Number.parseFloat);
    const frames = times.map((time) => time * 1000 + (isSound ? opusDelayMs : 0));
    const intervalMs = 1000 / (isSound ? packetsPerS : framesPerS);
    const own = gaps.filter(({ track_id }) => track_id === file.trackId);
    t.equal(unnamedFrames(frames, intervalMs, own), 0, `${file.source}: ${frames.length} frames`);
  }
}
