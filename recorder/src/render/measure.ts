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
  /** Of all processes of the job, for each minute of the meeting. */
  cpuMinutesPerMinute: number;
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
}

/** 720p at 25 pictures a second that move and have noise, VP8 of 1.5 Mbit/s as Chromium encodes it; voices that rise and fall. */
export async function measureComposing(options: ComposingOptions): Promise<ComposingCost[]> {
  const folder = await mkdtemp(join(options.folder, 'composing-'));
  try {
    const sample = await makeMeeting(folder, options);
    const costs: ComposingCost[] = [];
    for (const layout of options.layouts)
      costs.push(await measureOne(folder, sample, layout, options));
    return costs;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** One camera and one voice, which everybody has: to a decoder they are as good as others. */
async function makeMeeting(
  folder: string,
  { people, seconds, layouts }: ComposingOptions,
): Promise<Sample> {
  const spans = [{ from: 0, to: seconds * 1000 }];
  const camera: SampleFile = {
    ...{ fileId: 'camera', participantId: '', source: 'camera', codec: 'vp8', spans },
    drawing: 'testsrc2=s=1280x720:r=25,noise=alls=6:allf=t',
    bitrate: '1500k',
  };
  const voice: SampleFile = {
    ...{ fileId: 'voice', participantId: '', source: 'microphone', codec: 'opus', spans },
    drawing: 'sine=300,tremolo=f=3:d=0.9',
  };
  const wanted = layouts.every((layout) => layout === 'audio') ? [voice] : [camera, voice];
  const made: { file: SampleFile; url: string }[] = [];
  for (const file of wanted) {
    made.push({ file, url: pathToFileURL(await makeSampleFile(folder, file)).href });
  }
  const ids = Array.from({ length: people }, (_, index) => `person-${index + 1}`);
  const all = ids.flatMap((participantId) =>
    made.map(({ file, url }) => {
      const fileId = `${file.fileId}-${participantId}`;
      return { url, file: { ...file, fileId, participantId } };
    }),
  );
  const lines = [...meetingLines(ids, seconds), ...all.flatMap(({ file }) => linesOf(file))];
  const manifest = await writeManifest(folder, lines);
  return {
    manifests: [manifest],
    files: all.map(({ url, file }) => ({ fileId: file.fileId, url })),
  };
}

/** Everybody is there from the beginning; each speaks for 5 s in turn. */
function meetingLines(ids: readonly string[], seconds: number): ManifestLine[] {
  return [
    ...ids.map((id): ManifestLine => ({ type: 'joined', t: 0, participant_id: id, name: id })),
    ...Array.from({ length: Math.ceil(seconds / 5) }, (_, turn): ManifestLine => {
      const id = ids[turn % ids.length] as string;
      return { type: 'speaker', t: turn * 5000, participant_id: id };
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
    tookPart: (performance.now() - began) / 1000 / seconds,
    bytes: status.file.bytes,
  };
}
