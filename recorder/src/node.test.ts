/** The recorder on a real room of the addon: RTP over UDP in, files out. */
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { createNode, type PlainTransport, type Room } from '../../lib/index.js';
import { writeRtp } from '../../lib/testing/rtp.js';
import { blocksOf } from '../../test/recorder/blocks.js';
import { firstStream, linesOf } from '../../test/recorder/meeting.js';
import { Loop } from '../../test/recorder/player.js';
import { readManifest } from './manifest/reader.js';
import { createRecorder } from './recorder.js';
import { decodeFile } from './testing/ffmpeg.js';
import { FileStore } from './testing/file-store.js';
import { orderOf } from './testing/test-recorder.js';

const VP8 = { payloadType: 96, codec: 'vp8', feedback: ['pli', 'nack'] } as const;
const OPUS = { payloadType: 111, codec: 'opus' } as const;
const SECONDS = 6;
const DEADLINE_MS = 15_000;

const clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs: number, task: () => void) {
    const timer = setTimeout(task, delayMs);
    return () => clearTimeout(timer);
  },
};

/** RFC 3550 §6.4.1: at this moment of the wall clock a stream stood at `timestamp`. */
function senderReport(ssrc: number, timestamp: number): Buffer {
  const report = Buffer.alloc(28);
  report.set([0x80, 200, 0, 6]);
  report.writeUInt32BE(ssrc, 4);
  const seconds = Date.now() / 1000 + 2_208_988_800;
  report.writeUInt32BE(Math.floor(seconds), 8);
  report.writeUInt32BE(Math.floor((seconds % 1) * 2 ** 32), 12);
  report.writeUInt32BE(timestamp >>> 0, 16);
  return report;
}

interface Playing {
  ssrc: number;
  payloadType: number;
  file: string;
  delayMs: number;
}

/** A capture in real time, with reports; answers when, in ms since the recording began, each frame was captured. */
function play(
  socket: Socket,
  { local }: PlainTransport,
  { ssrc, payloadType, file, delayMs }: Playing,
) {
  const stream = firstStream(file);
  const rate = stream.codec === 'opus' ? 48 : 90;
  const beganMs = performance.now();
  const loop = new Loop(stream, 0);
  const captured: number[] = [];
  const sent = { packets: 0 };
  let reportedMs = Number.NEGATIVE_INFINITY;
  const send = (bytes: Buffer) => socket.send(bytes, local.port, local.address);
  const timer = setInterval(() => {
    const nowMs = performance.now() - beganMs;
    // They leave `delayMs` after they were captured: as behind an encoder.
    for (const packet of loop.until((nowMs - delayMs) * 1000)) {
      const { sequence, timestamp, marker, payload } = packet;
      const capturedMs = (packet.capturedUs ?? 0) / 1000 + beganMs;
      if (captured.at(-1) !== capturedMs) captured.push(capturedMs);
      const content = { marker, payload: Buffer.from(payload), payloadType };
      send(writeRtp({ ssrc, sequence, timestamp, ...content }));
      sent.packets++;
      if (nowMs - reportedMs < 500) continue;
      reportedMs = nowMs;
      const sinceMs = performance.now() - capturedMs;
      send(senderReport(ssrc, timestamp + Math.round(sinceMs * rate)));
    }
  }, 5);
  return { captured, sent, stop: () => clearInterval(timer) };
}

async function studioOf(room: Room): Promise<[PlainTransport, Socket]> {
  const socket = createSocket('udp4');
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const studio = room.addParticipant({ id: 'studio', autoSubscribe: false });
  const remote = { address: '127.0.0.1', port: socket.address().port };
  return [await studio.createPlainTransport({ remote }), socket];
}

async function until(isSo: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + DEADLINE_MS;
  while (!isSo()) {
    if (performance.now() > deadlineMs) throw new Error('it was never so');
    await new Promise<void>((resolve) => setTimeout(resolve, 20));
  }
}

t.test('picture and sound of a real room lie together in the files', async (t) => {
  const node = createNode({ listen: [{ address: '127.0.0.1', port: 0 }], maxLoad: null });
  const room = node.createRoom({ id: 'room', loudest: 0, gateSilence: false });
  const [studio, socket] = await studioOf(room);
  const picture = await studio.publish({ kind: 'video', source: 'camera', codecs: [VP8] });
  const sound = await studio.publish({ kind: 'audio', source: 'microphone', codecs: [OPUS] });
  const folder = await mkdtemp(join(tmpdir(), 'plenum-recorder-'));
  const store = new FileStore(join(folder, 'store'));
  const recorder = await createRecorder({
    ...{ recorderId: 'recorder-1', folder, store, clock, nowUs: () => node.now() },
    log: (_level, message) => t.fail(message),
    reserve: { minBytes: 0, share: 0 },
  });
  // The picture is 60 ms later on its way than the sound: by arrival they would lie apart.
  const video = play(socket, studio, {
    ...{ ssrc: 4242, payloadType: 96, delayMs: 60 },
    file: 'chromium_vp8_simulcast.rtpdump',
  });
  const audio = play(socket, studio, {
    ...{ ssrc: 4243, payloadType: 111, delayMs: 0 },
    file: 'chromium_opus_dtx.rtpdump',
  });
  const recording = recorder.begin(room, orderOf());
  const stored = new Promise<void>((resolve) => {
    recorder.onStatus(({ state }) => {
      if (state === 'stored') resolve();
    });
  });
  await until(() => recording.status.recordedMs > SECONDS * 1000);
  video.stop();
  audio.stop();
  const packets = video.sent.packets + audio.sent.packets;
  await until(() => recorder.stats().recorder_packets_total === packets);
  recording.stop('host');
  await stored;

  const { files } = recording.status;
  const offsets = new Map<string, number[]>();
  for (const [id, { captured }] of [
    [picture.id, video],
    [sound.id, audio],
  ] as const) {
    const file = files.find(({ trackId }) => trackId === id);
    const path = store.pathOf(file?.key ?? '');
    t.strictSame((await decodeFile(path)).errors, []);
    const blocks = await blocksOf(path);
    t.ok(blocks.length > 30, `${blocks.length} frames of ${file?.codec}`);
    // The last ones that are written are of the last ones that were sent: one clock is a constant away from the other.
    const apart = captured.slice(-blocks.length).map((ms, index) => (blocks[index] ?? 0) - ms);
    offsets.set(
      id,
      apart.sort((a, b) => a - b),
    );
  }
  const median = (values: number[] = []) => values[values.length >> 1] ?? Number.NaN;
  const apartMs = median(offsets.get(sound.id)) - median(offsets.get(picture.id));
  t.comment(`sound − picture: ${apartMs.toFixed(1)} ms`);
  t.ok(Math.abs(apartMs) <= 20, `sound and picture are ${apartMs} ms apart`);
  const key = files.find(({ kind }) => kind === 'manifest')?.key ?? '';
  const lines = readManifest(await readFile(store.pathOf(key), 'utf8'));
  t.equal(linesOf(lines, 'clock').length, 2);
  await recorder.close();
  node.close();
  socket.close();
});
