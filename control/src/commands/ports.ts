import type { Config } from '../config/settings.js';
import { hostInUrl } from '../config.js';
import type { Command } from './command.js';
import { readOrComplain } from './config.js';

export interface PortUse {
  protocol: 'tcp' | 'udp';
  host: string;
  first: number;
  last: number;
  what: string;
}

/** What a start listens on. */
export function portsOf({ http, media }: Config): PortUse[] {
  const one = (protocol: 'tcp' | 'udp', host: string, port: number, what: string): PortUse => ({
    ...{ protocol, host, first: port, last: port, what },
  });
  const udp = one('udp', media.host, media.port, 'media, a port for each media thread');
  return [
    one('tcp', http.host, http.port, 'pages, API, WebSocket (behind a TLS proxy)'),
    one('tcp', http.adminHost, http.adminPort, '/metrics'),
    { ...udp, last: media.port + media.shards - 1 },
    ...(media.tcpPort === null
      ? []
      : [one('tcp', media.host, media.tcpPort, 'media of clients without UDP')]),
  ];
}

export const portsCommand: Command = {
  help: 'ports [OPTION …]               the ports that a start listens on',
  run(args, terminal) {
    const reading = readOrComplain(args, terminal);
    if (reading === null) return 1;
    for (const { protocol, host, first, last, what } of portsOf(reading.config)) {
      const range = first === last ? `${first}` : `${first}-${last}`;
      terminal.print(`${protocol}  ${hostInUrl(host)}:${range}  ${what}`);
    }
    return 0;
  },
};
