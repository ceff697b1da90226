import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import t from 'tap';
import {
  firstStream,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import { readManifest } from './manifest/reader.js';
import { recoverFile } from './recording/recover-file.js';
import { diskFiles } from './sink/file-layer.js';
import { NotedDisk } from './testing/faulty-files.js';
import { decodeFile, probe } from './testing/ffmpeg.js';
import { openRecorder, orderOf, TestClock } from './testing/test-recorder.js';
import { TestRoom } from './testing/test-room.js';
import { writeStream } from './testing/write-stream.js';
import { randomOf } from './timeline/simulation.js';

const SEED = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);
const KILLS = Number(process.env.PLENUM_TEST_KILLS ?? 3);
const CUTS = Number(process.env.PLENUM_TEST_CUTS ?? 3);

const take = join('recordings', orderOf().recordingId, '1');

t.test(`killed at any moment, a second at most is lost (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED);
  for (let round = 0; round < 3; round++) {
    const { recorder, clock, folder } = await openRecorder();
    const room = new TestRoom();
    recorder.begin(room, orderOf());
    const loops = publish(room, clock.nowUs());
    const killedMs = Math.round(2000 + random() * 6000);
    await play({ room, clock }, loops, killedMs);
    // What a killed process leaves is what it had written; the rest of it goes on, elsewhere.
    const left = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
    await cp(join(folder, 'recordings'), join(left, 'recordings'), { recursive: true });
    const after = await openRecorder({ folder: left });
    t.match(after.recorder.statuses(), [{ state: 'degraded' }]);
    after.recorder.finish(orderOf().recordingId, orderOf().take, 'room_lost');
    const stored = () => after.recorder.statuses()[0]?.state === 'stored';
    await after.clock.until(stored, 'stored');
    const files = (after.recorder.statuses()[0]?.files ?? []).filter(
      ({ kind }) => kind === 'track',
    );
    t.equal(files.length, 2);
    for (const { key, endMs, codec } of files) {
      const path = after.store.pathOf(key);
      t.strictSame((await probe(path)).errors, []);
      t.strictSame((await decodeFile(path)).errors, []);
      // In silence Opus comes each 400 ms.
      const lostMs = killedMs - endMs - (codec === 'opus' ? 400 : 0);
      t.ok(lostMs < 1000, `${codec} ends ${lostMs} ms before the kill at ${killedMs}`);
    }
    const lines = await storedManifest(after.store);
    t.match(linesOf(lines, 'stopped'), [{ reason: 'room_lost' }]);
    t.equal(linesOf(lines, 'track_end').length, 2);
    for (const { file_id, track_id } of linesOf(lines, 'file')) {
      const end = linesOf(lines, 'file_end').find((line) => line.file_id === file_id);
      const counts = linesOf(lines, 'counts').filter((line) => line.track_id === track_id);
      t.equal(counts.at(-1)?.frames_written, end?.frames, 'what was found is counted');
    }
    await recorder.close();
    await after.recorder.close();
    await rm(left, { recursive: true });
  }
});

const VICTIM = new URL('../../test/recorder/victim/main.js', import.meta.url).pathname;

t.test(`F13: kill -9 of the process (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED);
  for (let round = 0; round < KILLS; round++) {
    const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
    const child = spawn(process.execPath, [VICTIM, folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const lines = createInterface({ input: child.stdout });
    const killMs = 1000 + random() * 3000;
    let saidMs = 0;
    for await (const line of lines) {
      saidMs = Number(line);
      if (saidMs >= killMs) child.kill('SIGKILL');
    }
    const beganMs = performance.now();
    const { recorder, clock, store } = await openRecorder({ folder });
    t.ok(performance.now() - beganMs < 3000, 'it is there again');
    const room = new TestRoom();
    const recording = recorder.begin(room, orderOf({ recordedMs: saidMs + 1000 }));
    await play({ room, clock }, publish(room, clock.nowUs()), 2000);
    recording.stop('host');
    await clock.until(() => recording.status.state === 'stored', 'stored');
    const manifest = await storedManifest(store);
    const files = recording.status.files.filter(({ kind }) => kind === 'track');
    t.equal(files.length, 4);
    for (const { key } of files) {
      t.strictSame((await probe(store.pathOf(key))).errors, []);
      t.strictSame((await decodeFile(store.pathOf(key))).errors, []);
    }
    const gaps = linesOf(manifest, 'gap').filter(({ reason }) => reason === 'recorder');
    t.equal(gaps.length, 2, 'each track names it');
    for (const { from, to, track_id } of gaps) {
      const slackMs = track_id === MICROPHONE ? 400 : 0;
      t.ok(saidMs - from < 1000 + slackMs, `from ${from}, killed at ${saidMs}`);
      t.ok(to >= saidMs, `to ${to}`);
    }
    await recorder.close();
    await rm(folder, { recursive: true });
  }
});

const CAPTURES = [
  'chromium_opus_dtx.rtpdump',
  'chromium_vp8_simulcast.rtpdump',
  'chromium_vp9_l3t3.rtpdump',
  'chromium_h264_simulcast.rtpdump',
  'chromium_av1_l3t3_key.rtpdump',
];

t.test(`cut at any byte, what is before plays (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED);
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  for (const capture of CAPTURES) {
    const stream = firstStream(capture);
    const { bytes, firstClusterEnd } = writeStream(stream.codec, stream.packets);
    const path = join(folder, `cut.${stream.codec === 'h264' ? 'mkv' : 'webm'}`);
    for (let cut = 0; cut < CUTS; cut++) {
      const length = firstClusterEnd + Math.floor(random() * (bytes.length - firstClusterEnd));
      await writeFile(path, bytes.subarray(0, length));
      t.equal((await probe(path)).code, 0, `${capture} cut at ${length} is known as it is`);
      const found = await recoverFile(diskFiles, path);
      t.equal((await stat(path)).size, found.bytes);
      const { errors, code, timesMs } = await decodeFile(path, decoderOf(stream.codec));
      t.strictSame([code, errors], [0, []], `${capture} cut at ${length}`);
      t.equal(timesMs.length, found.frames);
      t.same(await recoverFile(diskFiles, path), found, 'once more it is the same');
    }
    for (const length of [0, 1, 40, 300]) {
      await writeFile(path, bytes.subarray(0, length));
      const { frames } = await recoverFile(diskFiles, path);
      t.equal(frames, 0, `${length} bytes hold nothing`);
    }
  }
  await rm(folder, { recursive: true });
});

function decoderOf(codec: string): string | undefined {
  return codec === 'vp9' ? 'libvpx-vp9' : codec === 'av1' ? 'libdav1d' : undefined;
}

t.test(`power is lost: three seconds at most are (seed ${SEED}, 100 cuts)`, async (t) => {
  const random = randomOf(SEED);
  const clock = new TestClock();
  const beganMs = clock.ms;
  const disk = new NotedDisk(diskFiles, () => clock.ms - beganMs);
  const { recorder, folder } = await openRecorder({ clock, files: disk });
  const room = new TestRoom();
  recorder.begin(room, orderOf());
  await play({ room, clock }, publish(room, clock.nowUs()), 15_000);
  const last = disk.acts.length;
  await recorder.close();
  const after = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  let worstMs = 0;
  for (let cut = 0; cut < 100; cut++) {
    const count = Math.floor(random() * last);
    const cutMs = disk.acts[count]?.atMs ?? 0;
    await rm(join(after, 'recordings'), { recursive: true, force: true });
    for (const [path, bytes] of disk.leftAfter(count, () => random() < 0.5)) {
      const left = join(after, path.slice(folder.length));
      await mkdir(dirname(left), { recursive: true });
      await writeFile(left, bytes);
    }
    const again = await openRecorder({ folder: after });
    const [status] = again.recorder.statuses();
    worstMs = Math.max(worstMs, cutMs - (status?.recordedMs ?? 0));
    const isFound = () => again.recorder.stats().recorder_recovering === 0;
    await again.clock.until(isFound, 'all files are complete');
    await again.recorder.close();
    if (!status) continue;
    const lines = readManifest(await readFile(join(after, take, 'manifest.jsonl'), 'utf8'));
    const ends = linesOf(lines, 'file_end').filter(({ frames }) => frames > 0);
    for (const { file_id, t: endMs } of ends) {
      const line = linesOf(lines, 'file').find((file) => file.file_id === file_id);
      const slack = line?.codec === 'opus' ? 400 : 0;
      worstMs = Math.max(worstMs, cutMs - endMs - slack);
      if (cut % 20 > 0) continue;
      const { errors } = await decodeFile(join(after, take, line?.name ?? ''));
      t.strictSame(errors, [], `cut at ${cutMs} ms`);
    }
  }
  t.ok(worstMs <= 3000, `at worst ${worstMs} ms are lost`);
  t.comment(`at worst ${worstMs} ms are lost`);
  await rm(after, { recursive: true });
});
