import { networkInterfaces } from 'node:os';
import { createNode, type NodeOptions } from '../../../lib/index.js';
import type { Config } from '../config.js';
import { InProcessNode } from '../nodes/in-process-node.js';
import { listenAddresses } from '../nodes/listen-addresses.js';
import type { StartOptions } from './role.js';
import { patienceMs, within } from './stops.js';

/** The media engine in this process, on the addresses that `media` names. */
export function openLocalNode(config: Config, { log, stops, engine }: StartOptions): InProcessNode {
  const media = createNode({
    ...nodeOptions(config),
    ...(engine === undefined ? {} : { engine }),
  });
  media.on('refused', (err) => log.error({ err }, 'the engine refused a command'));
  const node = new InProcessNode(media, (err, doing) => log.error({ err }, `failed to ${doing}`));
  stops.push(within(patienceMs, () => node.close()));
  return node;
}

function nodeOptions(config: Config): NodeOptions {
  const { host, port, tcpPort, announce, linkAnnounce, shards, placement, maxLoad } = config.media;
  const udp = listenAddresses(host, port, networkInterfaces());
  const overTcp = udp.map((one) => ({ ...one, port: tcpPort ?? 0, protocol: 'tcp' as const }));
  // One port for both inside is one for both outside.
  const tcp = tcpPort === port ? announce?.port : undefined;
  const outside = announce && { ...announce, ...(tcp === undefined ? {} : { tcpPort: tcp }) };
  return {
    listen: tcpPort === null ? udp : [...udp, ...overTcp],
    shards,
    placement,
    maxLoad,
    ...(outside === null ? {} : { announce: [outside] }),
    ...(linkAnnounce === null ? {} : { announceLinks: [linkAnnounce] }),
  };
}
