import { Readable } from 'node:stream';
import t from 'tap';
import { seededRandom } from '../../../lib/testing/seeded-random.js';
import type { Decoder, SoundFile } from './decoding.js';
import { blockFrames, Limiter } from './limiter.js';
import { mix } from './mixer.js';
import { PcmStream, type Sound } from './pcm-stream.js';
import { Placing } from './placing.js';

const element = (id: number[], content: Buffer, isUnknown = false) => {
  const size = Buffer.from([0x10 | (content.length >> 24), 0, 0, 0]);
  size.writeUIntBE(content.length & 0xffffff, 1, 3);
  return Buffer.concat([Buffer.from(id), isUnknown ? Buffer.from([0xff]) : size, content]);
};

/** As ffmpeg writes it: a head that is passed over, a cluster for each sound. */
function matroska(sounds: readonly Sound[]): Buffer {
  const clusters = sounds.map(({ track, t, samples }) => {
    const time = Buffer.alloc(4);
    time.writeUInt32BE(t - 5);
    const header = Buffer.from([0x80 | track, 0, 5, 0x80]);
    const block = Buffer.concat([header, Buffer.from(samples.buffer)]);
    return element(
      [0x1f, 0x43, 0xb6, 0x75],
      Buffer.concat([element([0xe7], time), element([0xa3], block)]),
    );
  });
  const head = element([0x1a, 0x45, 0xdf, 0xa3], Buffer.alloc(20));
  const tracks = element([0x16, 0x54, 0xae, 0x6b], Buffer.alloc(300));
  return Buffer.concat([
    head,
    element([0x18, 0x53, 0x80, 0x67], Buffer.concat([tracks, ...clusters]), true),
  ]);
}

const constant = (frames: number, value: number) => new Int16Array(frames).fill(value);

t.test('samples in Matroska are read however the bytes are cut', async (t) => {
  const sounds = [constant(960, 7), constant(500, -3), constant(960, 1)].map((samples, index) => {
    return { track: 1 + (index % 2), t: 100 + 20 * index, samples };
  });
  const bytes = matroska(sounds);
  const random = seededRandom(3);
  for (let round = 0; round < 50; round++) {
    const stream = new PcmStream();
    const read = [];
    for (let at = 0; at < bytes.length; ) {
      const end = at + 1 + random(round < 10 ? 3 : 900);
      read.push(...stream.push(bytes.subarray(at, end)));
      at = end;
    }
    t.same(read, sounds);
  }
  t.throws(() => new PcmStream().push(Buffer.from('RIFF....WAVEfmt ')), /Matroska/);
});

t.test('sound lies where its times say, within 2 ms', async (t) => {
  const placing = new Placing(1);
  const at = (ms: number) => placing.place({ track: 1, t: ms, samples: constant(960, 1) });
  t.equal(at(1000)?.at, 48_000);
  t.equal(at(1021)?.at, 48_960, 'a ms is no drift');
  t.equal(at(3000)?.at, 144_000, 'a hole stays a hole');
  t.same([at(3010)?.at, at(2000)], [144_960, null], 'nothing is heard twice');
});

t.test('a clock that runs 300 ppm too fast is followed without a jump', async (t) => {
  const placing = new Placing(1);
  let worst = 0;
  let next = 0;
  let jumps = 0;
  for (let block = 0; block < 15_000; block++) {
    const ms = block * 20 * 1.0003;
    const placed = placing.place({ track: 1, t: Math.round(ms), samples: constant(960, 1) });
    if (!placed) throw new Error('left out');
    worst = Math.max(worst, Math.abs(placed.at / 48 - ms));
    if (block > 0 && placed.at !== next) jumps++;
    next = placed.at + placed.samples.length;
  }
  t.ok(worst < 3, `${worst} ms`);
  t.equal(jumps, 0);
});

t.test('a sum is never over full scale, and what is soft stays as it was', async (t) => {
  const limiter = new Limiter(1, 0.944);
  const random = seededRandom(5);
  let highest = 0;
  const levels = Array.from({ length: 400 }, (_, index) =>
    index % 40 < 20 ? 0.3 : random(40) / 10,
  );
  for (const level of levels) {
    const out = limiter.push(new Float32Array(blockFrames).fill(level));
    for (const value of out) highest = Math.max(highest, value);
  }
  t.ok(highest <= 0.9441, `${highest}`);
  const soft = new Limiter(1, 0.944);
  soft.push(new Float32Array(blockFrames).fill(0.5));
  t.same([...new Set(soft.push(new Float32Array(blockFrames)))], [0.5]);
});

interface Said {
  bytes: Buffer;
  /** It ends without having said all. */
  fails?: boolean;
}

/** Mixes what processes say that decode these files. @returns where the level changes, and the processes' files. */
async function mixed(
  files: Record<string, number>,
  decode: (paths: string[]) => Said,
  durationMs = 1005,
) {
  const written: Uint8Array[] = [];
  const begun: string[] = [];
  await mix({
    files: Object.entries(files).map(([path, startMs]) => ({ path, startMs })),
    ...{ channels: 1, durationMs, onProgress: () => {} },
    decode: (some: readonly SoundFile[]): Decoder => {
      const paths = some.map(({ path }) => path);
      begun.push(paths.join(' '));
      const { bytes, fails = false } = decode(paths);
      const ended = fails ? Promise.reject(new Error('cannot be read')) : Promise.resolve();
      ended.catch(() => {});
      return { stdout: Readable.from([bytes]), ended, stop: () => {} };
    },
    write: async (bytes) => void written.push(bytes.slice()),
  });
  const samples = new Int16Array(new Uint8Array(Buffer.concat(written)).buffer);
  const changes: string[] = [];
  for (const [index, value] of samples.entries()) {
    if (Math.abs(value - (samples[index - 1] ?? 0)) > 100) changes.push(`${index / 48} ${value}`);
  }
  return { frames: samples.length, changes, begun };
}

const sound = (track: number, t: number, value: number, frames = 4800): Sound => {
  return { track, t, samples: constant(frames, value) };
};

t.test('voices are added, to the sample; decoded together, each in its turn', async (t) => {
  const files = { late: 980, second: 550, first: 500 };
  const { frames, changes, begun } = await mixed(files, () => ({
    bytes: matroska([sound(1, 500, 1000), sound(2, 550, 2000), sound(3, 980, 500)]),
  }));
  t.equal(frames, 48_240);
  t.same(begun, ['first second late']);
  t.same(changes, ['500 1000', '550 3000', '600 2000', '650 0', '980 500']);
});

t.test(
  'of files that cannot be decoded together, each goes on by itself where it was',
  async (t) => {
    const alone: Record<string, Said> = {
      whole: { bytes: matroska([sound(1, 100, 1000), sound(1, 200, 2000), sound(1, 300, 3000)]) },
      cut: { bytes: matroska([sound(1, 220, 400, 480), sound(1, 600, 1)]).subarray(0, -9_600) },
      none: { bytes: Buffer.from('this is none'), fails: true },
    };
    const together = {
      bytes: matroska([sound(2, 100, 1000), sound(2, 200, 2000), sound(3, 220, 400, 480)]),
      fails: true,
    };
    const { changes, begun } = await mixed({ whole: 100, cut: 220, none: 0 }, (paths) =>
      paths.length > 1 ? together : (alone[paths[0] as string] as Said),
    );
    t.same(begun, ['none whole cut', 'none', 'whole', 'cut']);
    t.same(changes, ['100 1000', '200 2000', '220 2400', '230 2000', '300 3000', '400 0']);
  },
);

t.test(
  'more than sixteen, and who comes much later, are decoded by processes of their own',
  async (t) => {
    const many = Array.from({ length: 18 }, (_, index) => [`voice-${index}`, index]);
    const files = { ...Object.fromEntries(many), later: 35_000, never: 90_000 };
    const { begun } = await mixed(files, () => ({ bytes: matroska([]) }), 40_000);
    t.same(
      begun.map((paths) => paths.split(' ').length),
      [16, 2, 1],
    );
    t.equal(begun[2], 'later', 'of who comes after the end nothing is read');
  },
);
