import type { Config } from '../config.js';
import { noSecond } from '../domains/rooms/service.js';
import { nobodyElse, soleOwner } from '../fleet/elsewhere.js';
import { SoleNode } from '../fleet/sole-node.js';
import { OneNode } from '../nodes/nodes.js';
import { ChildRecorder } from '../recorders/child-recorder.js';
import { recorderIdIn } from '../recorders/recorder-id.js';
import { noRecorders } from '../recorders/recorders.js';
import { type Media, type MediaContext, startControl } from './control.js';
import { openLocalNode } from './local-node.js';
import type { Ready, StartOptions } from './role.js';

/** What one machine needs: control with a media node in the same process, and a recorder beside it. */
export async function startSingle(config: Config, options: StartOptions): Promise<Ready> {
  const ready = await startControl(config, options, (context) => ownNode(config, options, context));
  return [...alone(config), ...ready];
}

async function ownNode(
  config: Config,
  options: StartOptions,
  { database, ids, clock }: MediaContext,
): Promise<Media> {
  const local = openLocalNode(config, options).client;
  const { region } = config.fleet;
  const { name } = config.node;
  const fleet = await SoleNode.open(database, local, { ids, clock, name, region });
  const recorder = openChildRecorder(config, options, { ids, clock });
  return {
    nodes: new OneNode(fleet.nodeId, local),
    fleet,
    owners: soleOwner(ids.next()),
    second: noSecond,
    local,
    recorders: recorder ?? noRecorders,
    recorder,
    ...nobodyElse,
    open: async () => {},
    leave: () => {},
  };
}

/** Null: nothing is recorded here. An engine that a test gives forwards nothing that could be. */
function openChildRecorder(
  config: Config,
  { log, stops, engine }: StartOptions,
  { ids, clock }: Pick<MediaContext, 'ids' | 'clock'>,
): ChildRecorder | null {
  if (!config.recorder.enabled || engine !== undefined) return null;
  const recorderId = recorderIdIn(config.recorder.folder, ids);
  const { region } = config.fleet;
  const recorder = new ChildRecorder({ clock, log, recorderId, region, config });
  stops.push(() => recorder.stop());
  return recorder;
}

function alone(config: Config): string[] {
  const own = embeddedParts(config);
  if (own.length === 0) return [];
  return [`On this machine alone: ${own.join(', ')}. Data: ${config.data.folder}`];
}

/** What stands for a service of its own. */
export function embeddedParts({ store, bus, queue, events, objects, mail }: Config): string[] {
  return [
    ...(store.url === 'embedded:' ? ['embedded Postgres (store.url)'] : []),
    ...(bus.url === 'memory:' ? ['bus in memory (bus.url)'] : []),
    ...(queue.url === 'local:' ? ['queue in Postgres (queue.url)'] : []),
    ...(events.url === 'local:' ? ['reports from Postgres (events.url)'] : []),
    ...(objects.url.startsWith('file:') ? ['files in a folder (objects.url)'] : []),
    ...(mail.url.startsWith('file:') ? ['mail into files (mail.url)'] : []),
  ];
}
