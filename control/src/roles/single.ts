import type { Config } from '../config.js';
import { startControl } from './control.js';
import { openLocalNode } from './local-node.js';
import type { Ready, StartOptions } from './role.js';

/** What one machine needs: control with a media node in the same process. */
export async function startSingle(config: Config, options: StartOptions): Promise<Ready> {
  const ready = await startControl(config, options, () => openLocalNode(config, options).client);
  return [...alone(config), ...ready];
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
