import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { RenderLayout, RenderOrder, RenderStatus } from '../contract.js';
import type { ManifestLine } from '../manifest/lines.js';
import { readManifest } from '../manifest/reader.js';
import { canvas, placed } from './layout.js';
import { framesPerSecond, planOf } from './plan.js';
import { Renderer, type RendererOptions } from './renderer.js';
import { makeSample, type Sample, type SampleFile } from './sample.js';
import { timelineOf } from './timeline.js';

const exec = promisify(execFile);
const deadlineMs = 15_000;

const folder = mkdtempSync(join(tmpdir(), 'plenum-render-'));
t.teardown(() => rmSync(folder, { recursive: true, force: true }));

const span = (from: number, to: number) => ({ from, to });
const small = 's=320x180:r=10';

/** Who is a colour and a tone; the second half of Anna's file has pictures of another size. */
const files: SampleFile[] = [
  camera('anna', 'red', [span(0, 4000), span(6000, 12_000)]),
  voice('anna', 400, [span(0, 4000), span(6000, 12_000)]),
  camera('ben', 'lime', [span(2000, 12_000)]),
  voice('ben', 700, [span(2000, 12_000)]),
  camera('cleo', 'blue', [span(0, 8000)]),
  voice('cleo', 1100, [span(0, 8000)]),
  {
    ...{ fileId: 'screen', participantId: 'ben', source: 'screen', codec: 'vp9' },
    ...{ spans: [span(9000, 11_000)], drawing: 'color=yellow:s=640x480:r=5' },
  },
];

function camera(participantId: string, colour: string, spans: SampleFile['spans']): SampleFile {
  const drawing = `color=${colour}:${small}`;
  const own = { fileId: `camera-${participantId}`, participantId, spans, drawing };
  return { ...own, source: 'camera', codec: 'vp8' };
}

function voice(participantId: string, hz: number, spans: SampleFile['spans']): SampleFile {
  const own = { fileId: `voice-${participantId}`, participantId, spans, drawing: `sine=${hz}` };
  return { ...own, source: 'microphone', codec: 'opus' };
}

const names = { anna: 'Анна {\\p1}%{pts}', ben: "שלום \\N'; [x]", cleo: 'x\u202e\n\u0000=#;' };
const lines: ManifestLine[] = [
  { type: 'joined', t: 0, participant_id: 'anna', name: names.anna },
  { type: 'joined', t: 0, participant_id: 'cleo', name: names.cleo },
  { type: 'joined', t: 2000, participant_id: 'ben', name: names.ben },
  { type: 'left', t: 8000, participant_id: 'cleo' },
  { type: 'speaker', t: 0, participant_id: 'anna' },
  { type: 'speaker', t: 3500, participant_id: 'cleo' },
  { type: 'speaker', t: 8000, participant_id: 'ben' },
  { type: 'stopped', t: 12_000, reason: 'host' },
];

const ready = makeSample(folder, files, lines);

class Store {
  readonly kept = new Map<string, string>();
  readonly deleted: string[] = [];

  async putFile(key: string, file: { path: string }): Promise<void> {
    const path = join(folder, key.replaceAll('/', '-'));
    copyFileSync(file.path, path);
    this.kept.set(key, path);
  }

  async delete(key: string): Promise<void> {
    this.deleted.push(key);
  }
}

let count = 0;

/** A renderer with a store; `until` resolves with the first status that is wanted. */
function rendererOf(t: Test, more: Partial<RendererOptions> = {}) {
  const store = new Store();
  const heard: RenderStatus[] = [];
  let wake = () => {};
  const work = join(folder, `work-${++count}`);
  const onStatus = (status: RenderStatus) => {
    heard.push(status);
    wake();
  };
  const reserve = { minBytes: 0, share: 0 };
  const options = { folder: work, store, slots: 1, coresPerJob: 1, onStatus, reserve, ...more };
  const renderer = new Renderer(options);
  t.teardown(() => renderer.close());
  const until = async (isWanted: (status: RenderStatus) => boolean): Promise<RenderStatus> => {
    const end = Date.now() + 4 * deadlineMs;
    for (;;) {
      const found = heard.find(isWanted);
      if (found) return found;
      const left = end - Date.now();
      if (left <= 0) throw new Error(`not heard: ${JSON.stringify(heard.at(-1))}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  return { renderer, store, heard, work, until };
}

const orderOf = (sample: Sample, layout: RenderLayout, attempt = 1): RenderOrder => ({
  ...{ renderId: `render-${layout}`, attempt, recordingId: 'recording', layout },
  ...sample,
});

async function rendered(t: Test, sample: Sample, layout: RenderLayout, coresPerJob = 2) {
  const { renderer, store, until, work } = rendererOf(t, { coresPerJob });
  await renderer.render(orderOf(sample, layout));
  const status = await until(({ state }) => state !== 'running');
  t.equal(status.state, 'stored', status.detail ?? '');
  t.same(readdirSync(work), [], 'the working folder is empty');
  return { status, path: store.kept.get(status.file?.key ?? '') ?? '' };
}

const scale = 4;
const [width, height] = [canvas.width / scale, canvas.height / scale];

/** Each frame, a quarter as wide and high, in RGB. */
async function framesOf(path: string): Promise<Buffer[]> {
  const size = `scale=${width}:${height}:flags=area`;
  const argv = ['-v', 'error', '-i', path, '-vf', size, '-f', 'rawvideo', '-pix_fmt', 'rgb24', '-'];
  const child = spawn('ffmpeg', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk) => chunks.push(chunk));
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error('the composite cannot be decoded');
  const all = Buffer.concat(chunks);
  const bytes = width * height * 3;
  return Array.from({ length: all.length / bytes }, (_, n) =>
    all.subarray(n * bytes, (n + 1) * bytes),
  );
}

function colourAt(frame: Buffer, x: number, y: number): string {
  const at = (Math.floor(y / scale) * width + Math.floor(x / scale)) * 3;
  const lit = [0, 1, 2].map((part) => (frame[at + part] as number) > 128);
  const known: Record<string, string> = {
    'true,false,false': 'anna',
    'false,true,false': 'ben',
    'false,false,true': 'cleo',
    'true,true,false': 'screen',
  };
  return known[String(lit)] ?? '-';
}

/** Who is to be seen where in a frame, by the facts of the sample alone. */
const isThere = {
  anna: (t: number) => t < 4000 || t >= 6000,
  ben: (t: number) => t >= 2000,
  cleo: (t: number) => t < 8000,
  screen: (t: number) => t >= 9000 && t < 11_000,
};

async function planned(sample: Sample, layout: Exclude<RenderLayout, 'audio'>) {
  const path = fileURLToPath(sample.manifests[0]?.url ?? '');
  return planOf(timelineOf([readManifest(readFileSync(path, 'utf8'))]), layout);
}

const windowMs = 40;

/** How strong a tone is in the 40 ms around `ms`: 1 is full scale. */
function toneAt(samples: Int16Array, ms: number, hz: number): number {
  const from = (ms - windowMs / 2) * 48;
  const length = windowMs * 48;
  let [before, last] = [0, 0];
  const factor = 2 * Math.cos((2 * Math.PI * hz) / 48_000);
  for (let i = 0; i < length; i++) {
    [before, last] = [last, (samples[from + i] ?? 0) / 32_768 + factor * last - before];
  }
  const power = before * before + last * last - factor * before * last;
  return (2 * Math.sqrt(Math.max(0, power))) / length;
}

async function samplesOf(path: string): Promise<Int16Array> {
  const argv = ['-v', 'error', '-i', path, '-map', '0:a', '-f', 's16le', '-ac', '1', '-'];
  const options = { encoding: 'buffer', maxBuffer: 2 ** 26 } as const;
  const { stdout } = await exec('ffmpeg', argv, options);
  return new Int16Array(new Uint8Array(stdout).buffer);
}

/** When each tone begins and ends, in ms: where a window is half full of it. */
function tonesIn(samples: Int16Array): Record<'anna' | 'ben' | 'cleo', number[]> {
  const changesOf = (hz: number) => {
    // The last of them are half beyond the end.
    const steps = Array.from({ length: samples.length / 240 }, (_, step) => step * 5).slice(4, -8);
    const levels = steps.map((ms) => toneAt(samples, ms, hz));
    const half = Math.max(...levels) / 2;
    const isHeard = levels.map((level) => level > Math.max(0.02, half));
    return steps.filter((_, index) => index > 0 && isHeard[index] !== isHeard[index - 1]);
  };
  return { anna: changesOf(400), ben: changesOf(700), cleo: changesOf(1100) };
}

/** As planned, within 20 ms. */
function checkTones(t: Test, found: Record<string, number[]>, wanted: Record<string, number[]>) {
  for (const [who, times] of Object.entries(wanted)) {
    const list = found[who] ?? [];
    const isRight =
      list.length === times.length &&
      list.every((ms, index) => Math.abs(ms - (times[index] as number)) <= 20);
    t.ok(isRight, `${who}: ${list} where ${times} is planned`);
  }
}

const tones = { anna: [4000, 6000], ben: [2000], cleo: [8000] };

async function checkFrames(
  t: Test,
  layout: Exclude<RenderLayout, 'audio'>,
  cores: number,
): Promise<string> {
  const sample = await ready;
  const { path } = await rendered(t, sample, layout, cores);
  const { scenes } = await planned(sample, layout);
  const frames = await framesOf(path);
  t.equal(frames.length, 12 * framesPerSecond);
  const wrong: string[] = [];
  for (const [n, frame] of frames.entries()) {
    const scene = scenes.find((one) => one.fromFrame <= n && n < one.toFrame);
    const tiles = scene ? placed(scene) : [];
    // One frame before and after a change may be of either side.
    const isNearCut = scenes.some((one) => Math.abs(one.fromFrame - n) <= 1 && one.fromFrame > 0);
    if (isNearCut) continue;
    const seen = tiles.map(({ tile, picture }) => {
      const who = tile.isScreen ? 'screen' : (tile.participantId as 'anna');
      const expected = isThere[who](n * 40) ? who : '-';
      // Away from the middle, where initials are; and two points, for the size.
      const points = [0.25, 0.72].map((part) =>
        colourAt(frame, picture.x + picture.width / 2, picture.y + picture.height * part),
      );
      const found =
        expected === '-' ? (points.includes(who) ? who : '-') : String([...new Set(points)]);
      return found === expected ? null : `frame ${n}: ${found} where ${expected} is expected`;
    });
    wrong.push(...seen.filter((one) => one !== null));
  }
  t.same(wrong.slice(0, 5), [], `${wrong.length} wrong`);
  return path;
}

t.test(
  'gallery: the right colours in the right places at the right times, the tones too',
  async (t) => {
    const path = await checkFrames(t, 'gallery', 2);
    const samples = await samplesOf(path);
    t.ok(Math.abs(samples.length / 48 - 12_000) < 50, `${samples.length / 48} ms`);
    checkTones(t, tonesIn(samples), tones);
    const { stdout } = await exec('ffprobe', [
      ...['-v', 'error', '-show_entries', 'stream=codec_name,width,height,r_frame_rate,start_time'],
      ...['-show_chapters', '-show_entries', 'format_tags=title', '-of', 'json', path],
    ]);
    const { streams, format } = JSON.parse(stdout);
    t.match(streams, [
      {
        codec_name: 'h264',
        width: 1280,
        height: 720,
        r_frame_rate: '25/1',
        start_time: '0.000000',
      },
      { codec_name: 'aac', start_time: '0.000000' },
    ]);
    t.equal(format.tags.title, 'A sample');
    const head = readFileSync(path).subarray(0, 64).toString('latin1');
    t.match(head, /ftyp.*moov/s, 'the index comes first');
  },
);

t.test('speaker and screen first, one of them on a single core', async (t) => {
  await checkFrames(t, 'speaker', 1);
  await checkFrames(t, 'screen_first', 2);
});

t.test('sound alone', async (t) => {
  const { path, status } = await rendered(t, await ready, 'audio');
  t.match(status.file, { kind: 'audio', contentType: 'audio/mp4', startMs: 0, endMs: 12_000 });
  t.equal(status.file?.key, 'recordings/recording/render-audio-1.m4a');
  t.ok(status.cpuSeconds > 0.1 && status.cpuSeconds < 60, `${status.cpuSeconds} s`);
  checkTones(t, tonesIn(await samplesOf(path)), tones);
});

t.test('files that are cut, empty, missing, or none at all: the rest is rendered', async (t) => {
  const sample = await ready;
  const cut = join(folder, 'cut.webm');
  copyFileSync(join(folder, 'camera-anna.webm'), cut);
  truncateSync(cut, Math.floor(readFileSync(cut).length * 0.25));
  const cutVoice = join(folder, 'cut-voice.webm');
  copyFileSync(join(folder, 'voice-cleo.webm'), cutVoice);
  truncateSync(cutVoice, Math.floor(readFileSync(cutVoice).length / 2));
  const other = join(folder, 'other.webm');
  writeFileSync(other, 'this is no film');
  const others: Record<string, string> = {
    'camera-anna': cut,
    'voice-cleo': cutVoice,
    'camera-ben': other,
    'voice-ben': other,
  };
  const broken = sample.files
    .filter((file) => file.fileId !== 'screen')
    .map((file) => ({
      ...file,
      url: others[file.fileId] ? `file://${others[file.fileId]}` : file.url,
    }));
  const { path } = await rendered(t, { ...sample, files: broken }, 'speaker');
  const frames = await framesOf(path);
  t.equal(frames.length, 12 * framesPerSecond);
  t.equal(colourAt(frames[10] as Buffer, 500, 200), 'anna', 'as far as her file goes');
  const found = tonesIn(await samplesOf(path));
  checkTones(t, found, { anna: [4000, 6000], ben: [] });
  const [cleoEnds = 0] = found.cleo;
  t.ok(cleoEnds > 3000 && cleoEnds < 5000, `${cleoEnds}`);
});

t.test('files are brought from a store that falters; a refusal is final', async (t) => {
  const sample = await ready;
  const asked = new Map<string, number>();
  const server = createServer((request, response) => {
    const name = (request.url ?? '').slice(1);
    asked.set(name, (asked.get(name) ?? 0) + 1);
    const isFirst = asked.get(name) === 1;
    if (name === 'gone') response.writeHead(403).end();
    else if (isFirst && name === 'manifest.jsonl') response.writeHead(503).end();
    else if (isFirst && name === 'voice-anna.webm') {
      response.writeHead(200, { 'content-length': 9999 }).write('abc', () => response.destroy());
    } else response.end(readFileSync(join(folder, name)));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const address = server.address() as { port: number };
  const remote = (fileId: string, name: string) => {
    return { fileId, url: `http://127.0.0.1:${address.port}/${name}` };
  };
  const there = {
    manifests: [remote('m', 'manifest.jsonl')],
    files: [remote('voice-anna', 'voice-anna.webm')],
  };
  const { path } = await rendered(t, there, 'audio');
  checkTones(t, tonesIn(await samplesOf(path)), { anna: [4000, 6000], ben: [], cleo: [] });
  t.equal(asked.get('voice-anna.webm'), 2);

  const { renderer, until } = rendererOf(t);
  await renderer.render(orderOf({ ...sample, manifests: [remote('m', 'gone')] }, 'audio'));
  const status = await until(({ state }) => state !== 'running');
  t.match(status, { state: 'failed', file: null, detail: /403/ });
  t.equal(asked.get('gone'), 1);
});

/** Processes whose command line or folder has this word. */
function processesWith(word: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        const isOne = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(word);
        return isOne || readlinkSync(`/proc/${pid}/cwd`).includes(word);
      } catch {
        return false;
      }
    });
}

t.test('a canceled job leaves nothing behind, and can be done again', async (t) => {
  const sample = await ready;
  const { renderer, store, heard, until, work } = rendererOf(t);
  await renderer.render(orderOf(sample, 'gallery'));
  await t.rejects(renderer.render({ ...orderOf(sample, 'audio'), renderId: 'second' }), {
    code: 'no_capacity',
  });
  await renderer.render(orderOf(sample, 'gallery'));
  t.equal(renderer.running, 1, 'the same order again is the same job');
  await until(({ progress }) => progress > 0);
  // Between two programs of a job there is none.
  const giveUpAt = Date.now() + deadlineMs;
  let programs = processesWith(folder);
  while (programs.length === 0 && Date.now() < giveUpAt) {
    await new Promise(setImmediate);
    programs = processesWith(folder);
  }
  t.ok(programs.length > 0);
  await renderer.cancelRender({ renderId: 'render-gallery' });
  t.equal(renderer.running, 0);
  t.match(heard.at(-1), { state: 'canceled', file: null });
  t.same([readdirSync(work), [...store.kept]], [[], []]);
  t.same(processesWith(folder), [], 'no process is left');
  await renderer.cancelRender({ renderId: 'unknown' });

  await renderer.render(orderOf(sample, 'gallery', 2));
  const done = await until(({ state, attempt }) => attempt === 2 && state !== 'running');
  t.equal(done.state, 'stored');
  t.match(done.file, { key: 'recordings/recording/render-gallery-2.mp4' }, 'each try has its own');
  t.match(renderer.counts, { stored: 1, canceled: 1, failed: 0 });
  t.ok(renderer.counts.cpuSeconds >= done.cpuSeconds && done.cpuSeconds > 0);
  t.match(renderer.statuses, [{ attempt: 2, state: 'stored', progress: 1 }]);
});

t.test('what an earlier process left is removed; a store that fails is a failure', async (t) => {
  const sample = await ready;
  const work = join(folder, `work-${count + 1}`);
  const left = join(work, 'left', 'over');
  await exec('mkdir', ['-p', left]);
  const putFile = async () => {
    throw new Error('the store is down');
  };
  const { renderer, until } = rendererOf(t, { store: { putFile, delete: async () => {} } });
  await renderer.render(orderOf(sample, 'audio'));
  const status = await until(({ state }) => state !== 'running');
  t.match(status, { state: 'failed', detail: 'the store is down' });
  t.notOk(existsSync(left));
});

t.test(
  'a folder that cannot be used fails what is to be composed in it, and nothing else',
  async (t) => {
    const sample = await ready;
    const taken = join(folder, 'taken');
    writeFileSync(taken, 'no folder');
    const { renderer, until, store } = rendererOf(t, { folder: join(taken, 'renders') });
    await renderer.render(orderOf(sample, 'audio'));
    const failed = await until(({ state }) => state !== 'running');
    t.match(failed, { state: 'failed', detail: /ENOTDIR|EEXIST/ });
    rmSync(taken);
    await renderer.render(orderOf(sample, 'audio', 2));
    const done = await until(({ attempt, state }) => attempt === 2 && state !== 'running');
    t.equal(done.state, 'stored', done.detail ?? '');
    t.equal(store.kept.size, 1);
  },
);
