import { mkdirSync } from 'node:fs';
import { availableParallelism, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import type { FastifyBaseLogger } from 'fastify';
import { createNode, type MediaNode } from '../../../lib/index.js';
import {
  createRecorder,
  type Recorder,
  Renderer,
  type ReserveRule,
} from '../../../recorder/src/index.js';
import { systemClock } from '../clock.js';
import type { Config } from '../config.js';
import { systemIds } from '../ids.js';
import { listenAddresses } from '../nodes/listen-addresses.js';
import { InProcessRecorder } from '../recorders/in-process-recorder.js';
import type { LocalRecorder } from '../recorders/recorder-client.js';
import type { Objects } from '../store/objects.js';
import { openObjects } from '../store/open-objects.js';

/** The recorder in this process, with what an earlier one has left in its folder. */
export async function openLocalRecorder(
  config: Config,
  recorderId: string,
  log: FastifyBaseLogger,
): Promise<LocalRecorder> {
  const { folder } = config.recorder;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const store = await openObjects(config.objects, config.data.folder);
  const media = openMedia(config);
  media.on('refused', (err) => log.error({ err }, 'the engine refused a command'));
  const renderer = openRenderer(config, store, (status) => own.rendered(status));
  const recorder = await openRecorder(config, { recorderId, store, media, renderer, log });
  const report = (err: unknown, doing: string) => log.error({ err }, `failed to ${doing}`);
  const own: InProcessRecorder = new InProcessRecorder({ media, recorder, renderer, report });
  return own.client;
}

function openMedia({ recorder }: Config): MediaNode {
  const { host, port, announce, shards } = recorder;
  return createNode({
    listen: listenAddresses(host, port, networkInterfaces()),
    shards,
    // How much it takes is counted in tracks: what is recorded is never refused.
    maxLoad: null,
    ...(announce === null ? {} : { announceLinks: [announce] }),
  });
}

/** Enough to be done in half of the time that the meeting took. Whoever else needs a core has it: jobs have the lowest priority. */
const mostCoresPerJob = 2;

function openRenderer(
  { recorder }: Config,
  store: Objects,
  onStatus: ConstructorParameters<typeof Renderer>[0]['onStatus'],
): Renderer {
  const folder = join(recorder.folder, 'renders');
  const coresPerJob = Math.min(mostCoresPerJob, availableParallelism());
  const { renderJobs: slots } = recorder;
  const reserve = reserveOf(recorder);
  return new Renderer({ folder, store, slots, reserve, coresPerJob, onStatus });
}

function reserveOf({ reserveBytes, reserveShare }: Config['recorder']): ReserveRule {
  return { minBytes: reserveBytes, share: reserveShare };
}

function openRecorder(
  { recorder: own }: Config,
  given: {
    recorderId: string;
    store: Objects;
    media: MediaNode;
    renderer: Renderer;
    log: FastifyBaseLogger;
  },
): Promise<Recorder> {
  const { recorderId, store, media, renderer, log } = given;
  const { folder, maxTracks } = own;
  const ids = systemIds(systemClock);
  return createRecorder({
    ...{ recorderId, folder, store, renderer, maxTracks },
    clock: systemClock,
    nowUs: () => media.now(),
    newId: () => ids.next(),
    reserve: reserveOf(own),
    log: (level, message, facts) => log[level](facts, message),
  });
}
