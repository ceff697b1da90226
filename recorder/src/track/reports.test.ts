/** What a client says of its clocks is believed as far as it can be so: it moves no track into other hours. */
import t, { type Test } from 'tap';
import {
  CAMERA,
  linesOf,
  MICROPHONE,
  publish,
  storedManifest,
} from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import type { TappedPacket } from '../tapped.js';
import { decodeFile } from '../testing/ffmpeg.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

const HOUR_US = 3_600_000_000;
const LASTING_MS = 20_000;
/** Media is late by a part of a second, and a second may pass until it is stopped. */
const NEAR_MS = 1500;

/** Everything of the microphone is as `lie` has it; the camera is honest. */
async function record(lie: (packet: TappedPacket, sinceMs: number) => TappedPacket) {
  const { recorder, clock, store } = await openRecorder();
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  const beganMs = clock.ms;
  await play({ room, clock }, loops, LASTING_MS, (id, packets) =>
    id === MICROPHONE ? packets.map((one) => lie(one, clock.ms - beganMs)) : packets,
  );
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const lines = await storedManifest(store);
  await recorder.close();
  return { lines, recording, store };
}

type Recorded = Awaited<ReturnType<typeof record>>;

/** As much as of one who tells the truth, and where it belongs. */
async function checkTimes(t: Test, { lines, recording, store }: Recorded, honest: Recorded) {
  const countOf = (of: Recorded, id: string) => {
    return linesOf(of.lines, 'counts').findLast(({ track_id }) => track_id === id);
  };
  for (const id of [MICROPHONE, CAMERA]) {
    const [told, true_] = [countOf({ lines, recording, store }, id), countOf(honest, id)];
    const [written, wanted] = [told?.frames_written ?? 0, true_?.frames_written ?? 0];
    t.ok(wanted > 100 && written >= wanted * 0.97, `${written} of ${wanted} frames are written`);
  }
  for (const { t: endMs } of linesOf(lines, 'file_end')) {
    t.ok(Math.abs(endMs - LASTING_MS) < NEAR_MS, `a file ends at ${endMs}`);
  }
  for (const { from, to } of linesOf(lines, 'gap'))
    t.ok(to <= LASTING_MS + NEAR_MS, `${from}-${to}`);
  for (const { key, kind } of recording.status.files) {
    if (kind === 'track') t.strictSame((await decodeFile(store.pathOf(key))).errors, []);
  }
}

const reported = (packet: TappedPacket, moreUs: number): TappedPacket => {
  return { ...packet, capturedUs: (packet.capturedUs ?? packet.arrivedUs) + moreUs };
};

t.test('sender reports of other hours, from the beginning or later', async (t) => {
  const honest = await record((packet) => packet);
  for (const moreUs of [3 * HOUR_US, -3 * HOUR_US, 2_000_000]) {
    const from = await record((packet) => reported(packet, moreUs));
    await checkTimes(t, from, honest);
    const later = await record((packet, ms) => reported(packet, ms < 8000 ? 0 : moreUs));
    await checkTimes(t, later, honest);
  }
});

t.test('timestamps that jump by hours, either way', async (t) => {
  const honest = await record((packet) => packet);
  for (const ticks of [3 * 3600 * 48_000, -3 * 3600 * 48_000]) {
    const jumped = await record((packet, ms) => {
      if (ms < 8000) return packet;
      return { ...packet, timestamp: packet.timestamp + ticks, capturedUs: null };
    });
    await checkTimes(t, jumped, honest);
  }
});
