/** What composing costs: a generated meeting, rendered once as it would be, for `./run bench recorder --only composite`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RenderLayout, RenderStatus } from '../contract.js';
import { Renderer } from './renderer.js';
import { makeSample, type SampleFile } from './sample.js';

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
  /** Free space of some 50 MB for each person and minute. */
  folder: string;
  people: number;
  seconds: number;
  layouts: readonly RenderLayout[];
  cores: number;
}

/** 720p at 30 pictures a second that move and have noise, 1.5 Mbit/s VP8; a voice that rises and falls, Opus. */
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

async function makeMeeting(folder: string, { people, seconds }: ComposingOptions) {
  const spans = [{ from: 0, to: seconds * 1000 }];
  const ids = Array.from({ length: people }, (_, index) => `person-${index + 1}`);
  const files = ids.flatMap((participantId, index): SampleFile[] => [
    {
      ...{ fileId: `camera-${index}`, participantId, source: 'camera', codec: 'vp8', spans },
      drawing: `testsrc2=s=1280x720:r=30,hue=h=${index * 40},noise=alls=6:allf=t`,
      bitrate: '1500k',
    },
    {
      ...{ fileId: `voice-${index}`, participantId, source: 'microphone', codec: 'opus', spans },
      drawing: `sine=${200 + index * 70},tremolo=f=3:d=0.9`,
    },
  ]);
  const turns = Array.from({ length: Math.ceil(seconds / 5) }, (_, turn) => turn);
  return makeSample(folder, files, [
    ...ids.map(
      (id) => ({ type: 'joined', t: 0, participant_id: id, name: `Person ${id}` }) as const,
    ),
    ...turns.map((turn) => {
      return {
        type: 'speaker',
        t: turn * 5000,
        participant_id: ids[turn % people] as string,
      } as const;
    }),
    { type: 'stopped', t: seconds * 1000, reason: 'host' },
  ]);
}

async function measureOne(
  folder: string,
  sample: Awaited<ReturnType<typeof makeMeeting>>,
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
