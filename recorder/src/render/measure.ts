/** What composing costs: a generated meeting, rendered once as it would be, for `./run bench recorder --only composite`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { RenderLayout, RenderStatus } from '../contract.js';
import type { ManifestLine } from '../manifest/lines.js';
import { Renderer } from './renderer.js';
import { linesOf, makeSampleFile, type Sample, type SampleFile, writeManifest } from './sample.js';

export interface ComposingCost {
  layout: RenderLayout;
  people: number;
  meetingSeconds: number;
  /**
   * Of all processes of the job, for each minute of the meeting. What else uses the caches and memory of a machine only adds to it: of
   * several compositions the least is nearest to what it costs.
   */
  cpuMinutesPerMinute: number;
  mostCpuMinutesPerMinute: number;
  /** From the order to the stored file, as a part of the meeting's duration. */
  tookPart: number;
  bytes: number;
}

export interface ComposingOptions {
  /** Free space of some 30 MB for each minute. */
  folder: string;
  people: number;
  seconds: number;
  layouts: readonly RenderLayout[];
  cores: number;
  /** How often each is made. */
  times: number;
}

/** 720p at 25 pictures a second that move and have noise, VP8 of 1.5 Mbit/s as Chromium encodes it; voices that rise and fall. */
export async function measureComposing(options: ComposingOptions): Promise<ComposingCost[]> {
  const folder = await mkdtemp(join(options.folder, 'composing-'));
  try {
    const sample = await makeMeeting(folder, options);
    const costs: ComposingCost[] = [];
    for (const layout of options.layouts) {
      const tries: ComposingCost[] = [];
      while (tries.length < options.times)
        tries.push(await measureOne(folder, sample, layout, options));
      tries.sort((a, b) => a.cpuMinutesPerMinute - b.cpuMinutesPerMinute);
      const mostCpuMinutesPerMinute = tries.at(-1)?.cpuMinutesPerMinute as number;
      costs.push({ ...(tries[0] as ComposingCost), mostCpuMinutesPerMinute });
    }
    return costs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** A third of them speaks at once; who is silent sends nothing, as by Opus DTX. */
const phases = 3;
const turnMs = 5_000;
const turnsIn = (seconds: number) => Math.ceil((seconds * 1000) / turnMs);

/** A few files, which many have: to a decoder they are as good as others. */
async function makeMeeting(folder: string, options: ComposingOptions): Promise<Sample> {
  const { people, seconds, layouts } = options;
  const files = layouts.some((layout) => layout !== 'audio') ? [cameraFile(seconds)] : [];
  // In a short meeting not everybody's turn comes.
  const voices = Math.min(phases, turnsIn(seconds));
  files.push(...Array.from({ length: voices }, (_, phase) => voiceFile(phase, seconds)));
  const urls = new Map<string, string>();
  for (const file of files) {
    urls.set(file.fileId, pathToFileURL(await makeSampleFile(folder, file)).href);
  }
  const ids = Array.from({ length: people }, (_, index) => `person-${index + 1}`);
  const all = ids.flatMap((participantId, index) =>
    files
      .filter(({ source, fileId }) => source === 'camera' || fileId === `voice-${index % voices}`)
      .map((file) => {
        const own = { ...file, fileId: `${file.fileId}-${participantId}`, participantId };
        return { file: own, url: urls.get(file.fileId) as string };
      }),
  );
  const lines = [...meetingLines(ids, seconds), ...all.flatMap(({ file }) => linesOf(file))];
  const manifest = await writeManifest(folder, lines);
  return {
    manifests: [manifest],
    files: all.map(({ url, file }) => ({ fileId: file.fileId, url })),
  };
}

const cameraFile = (seconds: number): SampleFile => ({
  ...{ fileId: 'camera', participantId: '', source: 'camera', codec: 'vp8' },
  spans: [{ from: 0, to: seconds * 1000 }],
  drawing: 'testsrc2=s=1280x720:r=25,noise=alls=6:allf=t',
  bitrate: '1500k',
});

function voiceFile(phase: number, seconds: number): SampleFile {
  const turns = Array.from({ length: turnsIn(seconds) }, (_, turn) => turn);
  const spans = turns
    .filter((turn) => turn % phases === phase)
    .map((turn) => ({ from: turn * turnMs, to: Math.min(seconds * 1000, (turn + 1) * turnMs) }));
  const own = { fileId: `voice-${phase}`, participantId: '', spans };
  return { ...own, source: 'microphone', codec: 'opus', drawing: 'sine=300,tremolo=f=3:d=0.9' };
}

/** Everybody is there from the beginning. */
function meetingLines(ids: readonly string[], seconds: number): ManifestLine[] {
  return [
    ...ids.map((id): ManifestLine => ({ type: 'joined', t: 0, participant_id: id, name: id })),
    ...Array.from({ length: turnsIn(seconds) }, (_, turn): ManifestLine => {
      const id = ids[turn % ids.length] as string;
      return { type: 'speaker', t: turn * turnMs, participant_id: id };
    }),
    { type: 'stopped', t: seconds * 1000, reason: 'host' },
  ];
}

async function measureOne(
  folder: string,
  sample: Sample,
  layout: RenderLayout,
  { people, seconds, cores }: ComposingOptions,
): Promise<ComposingCost> {
  const began = performance.now();
  const status = await new Promise<RenderStatus>((resolve) => {
    const renderer = new Renderer({
      folder: join(folder, 'work'),
      store: { putFile: async () => {}, delete: async () => {} },
      slots: 1,
      reserve: { minBytes: 0, share: 0 },
      coresPerJob: cores,
      onStatus: (word) => word.state !== 'running' && resolve(word),
    });
    const order = { renderId: layout, attempt: 1, recordingId: 'sample', layout, ...sample };
    void renderer.render(order);
  });
  if (!status.file) throw new Error(`composing failed: ${status.detail}`);
  return {
    ...{ layout, people, meetingSeconds: seconds },
    cpuMinutesPerMinute: status.cpuSeconds / seconds,
    mostCpuMinutesPerMinute: status.cpuSeconds / seconds,
    tookPart: (performance.now() - began) / 1000 / seconds,
    bytes: status.file.bytes,
  };
}
