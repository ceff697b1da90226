import { mkdtemp, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../test/recorder/meeting.js';
import { play } from '../../test/recorder/player.js';
import type { TappedPacket } from './tapped.js';
import { decodeFile, probe } from './testing/ffmpeg.js';
import { FileStore, faultyStore } from './testing/file-store.js';
import { openRecorder, orderOf } from './testing/test-recorder.js';
import { TestRoom } from './testing/test-room.js';

t.test('a recording from its beginning to the store', async (t) => {
  const test = await openRecorder();
  const { recorder, clock, store, folder } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf(), 7);
  const loops = publish(room, clock.nowUs());
  recording.tell([{ type: 'joined', participantId: 'anna', name: 'Anna' }]);
  const states: string[] = [];
  recorder.onStatus(({ state }) => states.push(state));
  await play({ room, clock }, loops, 10_000);
  t.match(recording.status, { state: 'recording', trouble: null, recordedMs: 10_000 });
  const local = join(folder, 'recordings', orderOf().recordingId, '1');
  t.equal((await stat(join(local, 'manifest.jsonl'))).mode & 0o777, 0o600);
  recording.stop('host');
  t.equal(recording.status.state, 'finishing');
  await clock.until(() => states.at(-1) === 'stored', 'stored');

  const lines = await storedManifest(test.store);
  t.match(linesOf(lines, 'recording'), [{ version: 1, title: 'Weekly' }]);
  t.match(linesOf(lines, 'take'), [{ t: 0, take: 1, epoch: 7, recorder_id: 'recorder-1' }]);
  t.match(linesOf(lines, 'joined'), [{ name: 'Anna' }]);
  t.equal(linesOf(lines, 'file_end').length, 2);
  t.equal(linesOf(lines, 'uploaded').length, 2);
  t.strictSame(linesOf(lines, 'stopped')[0]?.t, 10_000);
  for (const { frames_received, frames_written } of linesOf(lines, 'counts').slice(-2)) {
    t.ok(frames_written / frames_received >= 0.9, `${frames_written} of ${frames_received}`);
  }
  const { files } = recording.status;
  t.strictSame(files.map(({ kind }) => kind).sort(), ['manifest', 'track', 'track']);
  for (const file of files.filter(({ kind }) => kind === 'track')) {
    const path = store.pathOf(file.key);
    const { errors, code } = await decodeFile(path);
    t.strictSame([code, errors], [0, []], `${file.codec} decodes`);
    const probed = await probe(path);
    t.equal(probed.codec, file.codec);
    t.ok(Math.abs(probed.startMs - file.startMs) < 10, `${probed.startMs} ${file.startMs}`);
    t.ok(Math.abs(probed.durationMs - file.endMs) < 10, `${probed.durationMs} ${file.endMs}`);
    // In silence Opus comes each 400 ms.
    const least = file.codec === 'opus' ? 9550 : 9900;
    t.ok(file.endMs > least && file.endMs <= 10_050, `it ends at ${file.endMs}`);
  }
  await recorder.release(orderOf().recordingId, 1);
  await t.rejects(stat(local), 'the local copy is gone');
  t.strictSame(recorder.statuses(), []);
  await recorder.close();
});

t.test('a pause stands still, and the wall clock jumps', async (t) => {
  const test = await openRecorder();
  const { recorder, clock, store } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf({ recordedMs: 5000 }));
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  recording.setPaused(true);
  t.equal(recording.status.state, 'paused');
  clock.wallMs += 3_600_000;
  await play({ room, clock }, loops, 4000);
  t.equal(recording.status.recordedMs, 8000);
  recording.setPaused(false);
  clock.wallMs -= 7_200_000;
  await play({ room, clock }, loops, 3000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  t.equal(recording.status.recordedMs, 11_000);
  const lines = await storedManifest(test.store);
  t.match([...linesOf(lines, 'paused'), ...linesOf(lines, 'resumed')], [{ t: 8000 }, { t: 8000 }]);
  t.equal(linesOf(lines, 'file').length, 2, 'the same files go on');
  const video = recording.status.files.find(({ codec }) => codec === 'vp8');
  const { timesMs, errors } = await decodeFile(store.pathOf(video?.key ?? ''));
  t.strictSame(errors, []);
  t.ok(timesMs.every((ms) => ms >= 5000 && ms <= 11_000));
  t.ok(timesMs.every((ms, index) => index === 0 || ms > (timesMs[index - 1] ?? 0)));
  const audio = recording.status.files.find(({ codec }) => codec === 'opus');
  t.strictSame((await decodeFile(store.pathOf(audio?.key ?? ''))).errors, []);
  const gaps = linesOf(lines, 'gap').filter(({ track_id }) => track_id === MICROPHONE);
  t.strictSame(
    gaps.filter(({ reason }) => reason !== 'loss'),
    [],
  );
  await recorder.close();
});

t.test('what is written in the room during a pause is not there', async (t) => {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const recording = recorder.begin(new TestRoom(), orderOf());
  const write = (messageId: string) =>
    recording.tell([
      { type: 'chat', messageId, participantId: 'anna', name: 'Anna', body: messageId },
      { type: 'chat_deleted', messageId },
    ]);
  write('before');
  recording.setPaused(true);
  write('meanwhile');
  recording.setPaused(false);
  write('after');
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  const idsOf = (type: 'chat' | 'chat_deleted') =>
    linesOf(lines, type).map(({ message_id }) => message_id);
  t.same(idsOf('chat'), ['before', 'after']);
  t.same(idsOf('chat_deleted'), ['before', 'meanwhile', 'after'], 'what is gone is gone');
  await recorder.close();
});

t.test('who may not be recorded is not', async (t) => {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const room = new TestRoom();
  room.publish(MICROPHONE, 'microphone', 'anna');
  room.publish(CAMERA, 'camera', 'bert');
  const recording = recorder.begin(room, orderOf({ allowed: ['anna'] }));
  t.strictSame([...room.taps.keys()], [MICROPHONE]);
  recording.setAllowed(['anna', 'bert']);
  t.strictSame([...room.taps.keys()], [MICROPHONE, CAMERA]);
  recording.setAllowed([]);
  t.ok([...room.taps.values()].every(({ isClosed }) => isClosed));
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  t.match(
    linesOf(lines, 'track_end').map(({ reason }) => reason),
    ['not_allowed', 'not_allowed'],
  );
  await recorder.close();
});

t.test('the process is closed, and another one goes on', async (t) => {
  const test = await openRecorder();
  const { clock, folder, store } = test;
  const room = new TestRoom();
  test.recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  await test.recorder.close();
  await clock.pass(2000);

  const { recorder } = await openRecorder({ clock, folder });
  t.match(recorder.statuses(), [{ state: 'degraded', trouble: 'node_silent' }]);
  const again = new TestRoom();
  const recording = recorder.begin(again, orderOf({ recordedMs: 5000 }));
  again.publish(MICROPHONE, 'microphone');
  again.publish(CAMERA, 'camera');
  await play({ room: again, clock }, loops, 3000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  t.equal(linesOf(lines, 'recording').length, 1);
  t.match(linesOf(lines, 'take'), [{ t: 0 }, { t: 5000 }]);
  t.equal(linesOf(lines, 'track').length, 2, 'the same tracks go on');
  t.equal(linesOf(lines, 'file').length, 4);
  for (const id of [MICROPHONE, CAMERA]) {
    const own = linesOf(lines, 'file').filter(({ track_id }) => track_id === id);
    const ends = linesOf(lines, 'file_end').filter((end) =>
      own.some(({ file_id }) => file_id === end.file_id),
    );
    const counts = linesOf(lines, 'counts').filter(({ track_id }) => track_id === id);
    const frames = ends.reduce((sum, end) => sum + end.frames, 0);
    t.equal(counts.at(-1)?.frames_written, frames, 'all of both times are counted');
  }
  const recorderGaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'recorder');
  t.strictSame(recorderGaps.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA]);
  for (const { from, to } of recorderGaps) t.ok(from < 3100 && to >= 4990, `${from}–${to}`);
  for (const { key, kind } of recording.status.files) {
    if (kind === 'track') t.strictSame((await decodeFile(store.pathOf(key))).errors, []);
  }
  await recorder.close();
});

for (const awayMs of [200, 2500]) {
  t.test(`a node is lost for ${awayMs} ms: the same track goes on`, (t) => loseNode(t, awayMs));
}

async function loseNode(t: Test, awayMs: number): Promise<void> {
  const test = await openRecorder();
  const { recorder, clock } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 3000);
  room.unpublish(MICROPHONE, 'ended');
  room.unpublish(CAMERA, 'ended');
  recording.tell([{ type: 'node', nodeId: 'node-2', epoch: 2, reason: 'node_lost' }]);
  await clock.pass(awayMs);
  room.publish(MICROPHONE, 'microphone');
  room.publish(CAMERA, 'camera');
  for (const loop of loops.values()) loop.until(clock.nowUs());
  await play({ room, clock }, loops, 3000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  t.equal(linesOf(lines, 'track').length, 2);
  t.equal(linesOf(lines, 'track_end').length, 2);
  const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'node');
  t.strictSame(gaps.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA]);
  for (const { from, to } of gaps) t.ok(from > 2500 && to > 2800 + awayMs, `${from}–${to}`);
  await recorder.close();
}

t.test('the room is another object: the same files go on', async (t) => {
  const test = await openRecorder();
  const { recorder, clock, store } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf(), 1);
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  const other = new TestRoom();
  t.equal(recorder.begin(other, orderOf(), 2), recording);
  await clock.pass(1500);
  other.publish(MICROPHONE, 'microphone');
  other.publish(CAMERA, 'camera');
  room.setMuted(CAMERA, true);
  for (const loop of loops.values()) loop.until(clock.nowUs());
  await play({ room: other, clock }, loops, 3000);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(test.store);
  t.equal(linesOf(lines, 'file').length, 2);
  t.strictSame(linesOf(lines, 'muted'), [], 'the former room says nothing any more');
  const gaps = linesOf(lines, 'gap').filter(({ reason }) => reason === 'node');
  t.strictSame(gaps.map(({ track_id }) => track_id).sort(), [MICROPHONE, CAMERA]);
  for (const { key, kind } of recording.status.files) {
    if (kind === 'track') t.strictSame((await decodeFile(store.pathOf(key))).errors, []);
  }
  await recorder.close();
});

t.test('more tracks than it takes, later takes, and what it says of its load', async (t) => {
  const test = await openRecorder({ maxTracks: 1 });
  const { recorder, clock } = test;
  const room = new TestRoom();
  const first = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  t.equal(room.taps.size, 1);
  t.match(recorder.load(), { isFull: true, stress: 1, tracks: 1, recordings: 1 });
  await play({ room, clock }, loops, 1000);
  const second = recorder.begin(new TestRoom(), orderOf({ take: 2, recordedMs: 1000 }));
  t.match(first.status.state, /finishing|stored/);
  t.throws(() => recorder.begin(room, orderOf()), 'that take is over');
  t.equal(recorder.find(orderOf().recordingId), second);
  recorder.finish(orderOf().recordingId, 2, 'ended');
  const states = () => recorder.statuses().map(({ state }) => state);
  await clock.until(() => states().every((state) => state === 'stored'), 'both are stored');
  t.match(linesOf(await storedManifest(test.store, 1), 'stopped'), [{ reason: 'superseded' }]);
  t.match(linesOf(await storedManifest(test.store, 2), 'stopped'), [{ reason: 'ended' }]);
  await recorder.close();
  t.throws(() => recorder.begin(room, orderOf({ take: 3 })), 'it is closed');
});

t.test('counters: how far sound and picture are apart, what a store refuses', async (t) => {
  let isDown = false;
  const store = faultyStore(
    new FileStore(await mkdtemp(join(tmpdir(), 'plenum-store-'))),
    async () => {
      if (isDown) throw new Error('the store is down');
    },
  );
  const { recorder, clock } = await openRecorder({ store });
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  const apart = () => recorder.stats().recorder_av_offset_seconds ?? Number.NaN;
  t.equal(apart(), 0, 'nothing is known yet');
  await play({ room, clock }, loops, 15_000);
  t.ok(apart() < 0.01, `${apart()} s`);
  t.match(recorder.stats(), { recorder_recordings: 1, recorder_tracks: 2, recorder_store_up: 1 });
  // From now on reports of the camera say 100 ms more, and the line follows slowly.
  const later = (id: string, packets: TappedPacket[]) =>
    packets.map((packet) => {
      const { capturedUs } = packet;
      const isLater = id === CAMERA && capturedUs !== null;
      return isLater ? { ...packet, capturedUs: capturedUs + 100_000 } : packet;
    });
  await play({ room, clock }, loops, 1500, later);
  t.ok(apart() > 0.06 && apart() < 0.11, `${apart()} s`);
  await play({ room, clock }, loops, 60_000, later);
  t.ok(apart() < 0.02, `${apart()} s`);
  isDown = true;
  recording.stop('host');
  await clock.until(() => recorder.stats().recorder_store_up === 0, 'the store is missed');
  t.ok((recorder.stats().recorder_upload_failures_total ?? 0) >= 2);
  t.ok((recorder.stats().recorder_upload_backlog_bytes ?? 0) > 0);
  isDown = false;
  await clock.until(() => recording.status.state === 'stored', 'stored');
  t.match(recorder.stats(), { recorder_store_up: 1, recorder_upload_backlog_bytes: 0 });
  await recorder.close();
});
