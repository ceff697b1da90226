/** Who plays a file decodes from a key frame on: where none comes by itself, one is asked for now and then. */
import t from 'tap';
import { CAMERA, publish } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { vp8 } from '../ingest/vp8.js';
import type { TappedPacket } from '../tapped.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';

/** Says of itself that it refers to others (RFC 6386 §9.1): the recorder looks no deeper. */
function asDelta(packet: TappedPacket): TappedPacket {
  if (packet.codec !== 'vp8' || !vp8.beginsKeyFrame(packet.payload)) return packet;
  const payload = Uint8Array.from(packet.payload);
  const header = vp8.build([payload])?.parts[0];
  if (header) header[0] = (header[0] ?? 0) | 1;
  return { ...packet, payload };
}

t.test('a key frame at least each half minute, where pictures come', async (t) => {
  const { recorder, clock } = await openRecorder();
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  const asked = () => room.taps.get(CAMERA)?.keyFramesAsked ?? 0;
  await play({ room, clock }, loops, 2000);
  const first = asked();
  await play({ room, clock }, loops, 40_000);
  t.equal(asked(), first, 'they come by themselves');
  await play({ room, clock }, loops, 70_000, (_, packets) => packets.map(asDelta));
  t.equal(asked(), first + 2, 'each half minute, also where it is not heard');
  await play({ room, clock }, loops, 70_000, (id, packets) => (id === CAMERA ? [] : packets));
  t.equal(asked(), first + 2, 'nothing moves');
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  await recorder.close();
});
