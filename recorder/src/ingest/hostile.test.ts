/** What publishers send who want a recorder to end, or to be slow. */
import { performance } from 'node:perf_hooks';
import t from 'tap';
import { CAMERA, firstStream, MICROPHONE, publish } from '../../../test/recorder/meeting.js';
import { play } from '../../../test/recorder/player.js';
import { openRecorder, orderOf } from '../testing/test-recorder.js';
import { TestRoom } from '../testing/test-room.js';
import { av1 } from './av1.js';
import { H264 } from './h264.js';
import { Pictures } from './pictures.js';

/** 640×480, baseline. */
const SPS = Buffer.from('6742c01fda0280f684000003000400000300ca3c60ca80', 'hex');
const PPS = Buffer.from([0x68, 0xce, 0x3c, 0x80]);
const SEI = Buffer.from([0x06, 5, 1, 0xaa, 0x80]);
const AUD = Buffer.from([0x09, 0xf0]);
const IDR = Buffer.from([0x65, 0x88, 0x84, 0]);

function fragments(nal: Uint8Array): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 1; at < nal.length; at += 1100) {
    const isFirst = at === 1 ? 0x80 : 0;
    const isLast = at + 1100 >= nal.length ? 0x40 : 0;
    const head = [0x7c, isFirst | isLast | ((nal[0] ?? 0) & 0x1f)];
    pieces.push(Buffer.concat([Buffer.from(head), nal.subarray(at, at + 1100)]));
  }
  return pieces;
}

function stap(...nals: Uint8Array[]): Buffer {
  const sized = nals.flatMap((nal) => [Uint8Array.of(nal.length >> 8, nal.length & 0xff), nal]);
  return Buffer.concat([Uint8Array.of(0x78), ...sized]);
}

/** What becomes of a picture in these packets. */
function became(payloads: readonly Uint8Array[]): string[] {
  const events: string[] = [];
  const pictures = new Pictures('h264', {
    picture: () => events.push('picture'),
    broken: () => events.push('broken'),
    unusable: () => events.push('unusable'),
    hole: () => events.push('hole'),
  });
  for (const [index, payload] of payloads.entries()) {
    const of = { sequence: index, timestamp: 1000, marker: index === payloads.length - 1 };
    pictures.packet({ ...of, codec: 'h264', payload, arrivedUs: 0, capturedUs: 0 });
  }
  return events;
}

t.test('H.264: parameter sets of more than anybody needs are no picture', async (t) => {
  t.strictSame(became([SPS, PPS, IDR]), ['picture']);
  for (const bytes of [4097, 200_000, 2_000_000]) {
    const sps = Buffer.concat([SPS, Buffer.alloc(bytes - SPS.length, 0x55)]);
    t.strictSame(became([...fragments(sps), PPS, IDR]), ['broken'], `an SPS of ${bytes} bytes`);
    const pps = Buffer.concat([PPS, Buffer.alloc(bytes - PPS.length, 0x55)]);
    t.strictSame(became([SPS, ...fragments(pps), IDR]), ['broken'], `a PPS of ${bytes} bytes`);
  }
  const most = Buffer.concat([SPS, Buffer.alloc(4096 - SPS.length, 0x55)]);
  t.strictSame(became([...fragments(most), PPS, IDR]), ['picture']);
  const record = new H264().build([SPS, PPS, IDR])?.codecPrivate ?? new Uint8Array();
  const head = Buffer.from([1, 0x42, 0xc0, 0x1f, 0xff, 0xe1, 0, SPS.length]);
  const whole = Buffer.concat([head, SPS, Buffer.from([1, 0, PPS.length]), PPS]);
  t.equal(Buffer.from(record).toString('hex'), whole.toString('hex'));
});

t.test('pictures of very many small units are none, and cost little', async (t) => {
  const beganMs = performance.now();
  const slices = stap(...Array.from({ length: 400 }, () => Uint8Array.of(1, 0)));
  t.strictSame(became([SPS, PPS, IDR, slices]), ['picture']);
  const packets = Array.from({ length: 8000 }, () => slices);
  t.strictSame(became([SPS, PPS, IDR, ...packets]), ['broken']);
  // W = 0: each with its length, here an OBU of one byte.
  const obus = Buffer.alloc(1101);
  for (let at = 1; at < obus.length; at += 2) obus.set([1, 0x30], at);
  t.equal(av1.build(Array.from({ length: 8000 }, () => obus)), null);
  t.ok(performance.now() - beganMs < 2000, 'it did not take long');
});

t.test('whatever comes of a packet, the recorder goes on', async (t) => {
  const said: string[] = [];
  const test = await openRecorder({ log: (_level, message) => said.push(message) });
  const { recorder, clock } = test;
  const room = new TestRoom();
  const recording = recorder.begin(room, orderOf());
  const loops = publish(room, clock.nowUs());
  await play({ room, clock }, loops, 2000);
  const [packet] = firstStream('chromium_vp8_simulcast.rtpdump').packets;
  if (!packet) throw new Error('no packet');
  const fatal = {
    ...packet,
    get payload(): Uint8Array {
      throw new Error('what nobody thought of');
    },
  };
  for (let times = 0; times < 3; times++) room.send(CAMERA, [fatal]);
  await play({ room, clock }, loops, 3000, (id, packets) =>
    packets.map((each) => ({ ...each, sequence: each.sequence + (id === CAMERA ? 9999 : 0) })),
  );
  t.equal(recorder.stats().recorder_packet_failures_total, 3);
  t.equal(said.filter((message) => /packets of a track/.test(message)).length, 1);
  recording.stop('host');
  await clock.until(() => recording.status.state === 'stored', 'stored');
  const ends = recording.status.files.filter(({ kind }) => kind === 'track');
  for (const id of [MICROPHONE, CAMERA]) {
    const endMs = ends.find(({ trackId }) => trackId === id)?.endMs ?? 0;
    t.ok(endMs > 4400, `${id} is recorded until ${endMs}`);
  }
  await recorder.close();
});

t.test('H.264: what may stand before parameter sets does, and it is a key frame', async (t) => {
  for (const first of [[SEI], [AUD], [AUD, SEI]]) {
    t.strictSame(became([stap(...first, SPS, PPS), IDR]), ['picture']);
    t.strictSame(became([...first, SPS, PPS, IDR]), ['picture']);
    t.strictSame(became([stap(...first), stap(SPS, PPS), IDR]), ['picture']);
    t.strictSame(became([...first, Buffer.from([0x41, 0x9a, 0])]), ['unusable']);
  }
});
