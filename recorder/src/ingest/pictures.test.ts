import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { streamsOf } from '../../../test/recorder/streams.js';
import { decodeFile, probe } from '../testing/ffmpeg.js';
import { writeStream } from '../testing/write-stream.js';
import { randomOf } from '../timeline/simulation.js';
import { FrameSource } from '../track/frame-source.js';
import { opusDurationUs } from './opus.js';
import { vp9 } from './vp9.js';

const SEED = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 1_000_000);

/** Pictures of each stream of it; and which decoder knows all of the codec. */
const CAPTURES: [string, number[], string?][] = [
  ['chromium_vp8_simulcast.rtpdump', [226, 226, 225]],
  ['chromium_vp9_simulcast.rtpdump', [192, 228, 229], 'libvpx-vp9'],
  ['chromium_vp9_l3t3.rtpdump', [218], 'libvpx-vp9'],
  ['chromium_vp9_l3t3_key.rtpdump', [229], 'libvpx-vp9'],
  ['chromium_h264_simulcast.rtpdump', [239, 240, 235]],
  ['chromium_av1_simulcast.rtpdump', [164, 182, 204], 'libdav1d'],
  ['chromium_av1_l3t3.rtpdump', [192], 'libdav1d'],
  ['chromium_av1_l3t3_key.rtpdump', [203], 'libdav1d'],
  ['chromium_opus_dtx.rtpdump', [146], 'libopus'],
  ['libwebrtc_fuzz_vp8.rtpdump', [120]],
  ['libwebrtc_fuzz_vp9.rtpdump', [119], 'libvpx-vp9'],
  ['str0m_vp8.pcap', [101]],
  ['str0m_av1.pcap', [44], 'libdav1d'],
];

t.test('every picture of a capture is in its file, and is decoded', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-pictures-'));
  for (const [file, counts, decoder] of CAPTURES) {
    for (const [index, stream] of streamsOf(file).entries()) {
      const { bytes, muxer } = writeStream(stream.codec, stream.packets);
      const { tail, head } = muxer.complete(muxer.lastMs + 20);
      const whole = Buffer.concat([bytes, tail]);
      head.copy(whole);
      const path = join(folder, 'file.mkv');
      await writeFile(path, whole);
      t.equal(muxer.frames, counts[index], `${stream.name}: pictures`);
      const probed = await probe(path);
      t.strictSame([probed.errors, probed.codec], [[], stream.codec]);
      t.ok(Math.abs(probed.startMs - 5000) < 8, `begins at ${probed.startMs}`);
      t.ok(Math.abs(probed.durationMs - muxer.lastMs - 20) < 8, `ends at ${probed.durationMs}`);
      const decoded = await decodeFile(path, decoder);
      t.strictSame(decoded.errors, []);
      t.equal(decoded.timesMs.length, counts[index], `${stream.name}: decoded`);
    }
  }
});

t.test('layers are switched: other sizes go on in the same file', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'plenum-pictures-'));
  for (const codec of ['vp8', 'vp9', 'h264', 'av1']) {
    const streams = streamsOf(`chromium_${codec}_simulcast.rtpdump`);
    let numbers = 0;
    let ticks = 0;
    const packets = streams.flatMap(({ packets }) => {
      const start = packets[0]?.timestamp ?? 0;
      const moved = packets.slice(0, 120).map((packet) => ({
        ...packet,
        sequence: packet.sequence + numbers,
        timestamp: packet.timestamp - start + ticks,
      }));
      numbers = (moved.at(-1)?.sequence ?? 0) + 1;
      ticks = (moved.at(-1)?.timestamp ?? 0) + 3000;
      return moved;
    });
    const [stream] = streams;
    if (!stream) throw new Error('no stream');
    const { bytes, muxer } = writeStream(stream.codec, packets);
    const path = join(folder, 'file.mkv');
    await writeFile(path, bytes);
    const decoder = codec === 'vp9' ? 'libvpx-vp9' : codec === 'av1' ? 'libdav1d' : undefined;
    const decoded = await decodeFile(path, decoder);
    t.strictSame(decoded.errors, [], codec);
    t.equal(decoded.timesMs.length, muxer.frames);
    t.equal(decoded.sizes.size, streams.length, `${[...decoded.sizes]}`);
  }
});

t.test(`losses: what is written decodes without errors (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED);
  const folder = await mkdtemp(join(tmpdir(), 'plenum-pictures-'));
  for (const [file, , decoder] of CAPTURES) {
    const stream = streamsOf(file).at(-1);
    if (!stream || stream.codec === 'opus') continue;
    const some = stream.packets.filter((_, index) => index < 5 || random() > 0.01);
    const { bytes, muxer } = writeStream(stream.codec, some);
    const path = join(folder, 'file.mkv');
    await writeFile(path, bytes);
    const decoded = await decodeFile(path, decoder);
    t.strictSame(decoded.errors, [], stream.name);
    t.equal(decoded.timesMs.length, muxer.frames);
  }
});

t.test(`mutated packets are frames or nothing, and never throw (seed ${SEED})`, async (t) => {
  const random = randomOf(SEED);
  let [frames, packets] = [0, 0];
  for (const [file] of CAPTURES) {
    for (const stream of streamsOf(file)) {
      packets += stream.packets.length;
      const source = new FrameSource(stream.codec, ({ type }) => {
        if (type === 'frame') frames++;
      });
      for (const packet of stream.packets) {
        const payload = Uint8Array.from(packet.payload.subarray(0, 200));
        for (let flips = 0; flips < 3; flips++) {
          if (random() < 0.3) payload[Math.floor(random() * 30)] = Math.floor(random() * 256);
        }
        const cut = random() < 0.2 ? Math.floor(random() * payload.length) : payload.length;
        source.push({ ...packet, payload: payload.subarray(0, cut), marker: random() < 0.5 });
      }
      source.flush();
    }
  }
  t.comment(`${packets} packets`);
  t.ok(frames > 0);
});

t.test('how long Opus packets are', async (t) => {
  const cases: [number[], number][] = [
    [[], 0],
    [[0x78], 20_000],
    [[0x08], 20_000],
    [[0x18], 60_000],
    [[0xe0], 2500],
    [[0x79, 1], 40_000],
    [[0x7b, 3], 60_000],
    [[0x7b, 7], 0],
  ];
  for (const [packet, us] of cases) t.equal(opusDurationUs(Uint8Array.from(packet)), us);
});

t.test('VP9: layers of a picture are one superframe', async (t) => {
  const key = [0x82, 0x49, 0x83, 0x42, 0x00, 0x13, 0xf0, 0x0b, 0x30];
  // L: T 0, S; TL0PICIDX; B and E.
  const layer = (spatial: number) => Uint8Array.of(0x2c, spatial << 1, 0, ...key, spatial);
  const frame = vp9.build([layer(0), layer(1)]);
  const index = frame?.parts.at(-1);
  t.strictSame([...(index ?? [])], [0xc1, 10, 10, 0xc1]);
  t.match(frame, { isKey: true, width: 320, height: 180 });
  t.equal(vp9.build([layer(0)])?.parts.length, 1, 'one alone needs none');
});
