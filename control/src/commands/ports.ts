import { readSettings } from '../config/read.js';
import type { Config } from '../config/settings.js';
import { hostInUrl } from '../config.js';
import { readRole } from '../roles/roles.js';
import type { Command } from './command.js';
import { orComplain } from './config.js';

export interface PortUse {
  protocol: 'tcp' | 'udp';
  host: string;
  first: number;
  last: number;
  what: string;
}

/** @param role of the process that starts; null: everything, which is no fleet. */
export function portsOf(config: Config, role: string | null = null): PortUse[] {
  const { http, media, fleet, recorder } = config;
  const one = (protocol: 'tcp' | 'udp', host: string, port: number, what: string): PortUse => ({
    ...{ protocol, host, first: port, last: port, what },
  });
  const hasPages = role === null || role === 'control';
  const hasMedia = role === null || role === 'node';
  const pages = one('tcp', http.host, http.port, 'pages, API, WebSocket (behind a TLS proxy)');
  const others = 'media nodes and other control processes (by TLS)';
  const udp = one('udp', media.host, media.port, 'media, a port for each media thread');
  const recording = {
    ...one('udp', recorder.host, recorder.port, 'media from the nodes'),
    last: recorder.port + recorder.shards - 1,
  };
  const tcp =
    media.tcpPort === null
      ? []
      : [one('tcp', media.host, media.tcpPort, 'media of clients without UDP')];
  return [
    ...(hasPages ? [pages] : []),
    one('tcp', http.adminHost, http.adminPort, '/metrics'),
    ...(role === 'control' ? [one('tcp', fleet.host, fleet.port, others)] : []),
    ...(role === 'recorder' && recorder.port !== 0 ? [recording] : []),
    ...(hasMedia ? [{ ...udp, last: media.port + media.shards - 1 }, ...tcp] : []),
  ];
}

export const portsCommand: Command = {
  help: 'ports [ROLE] [OPTION …]        the ports that a start listens on',
  run(args, terminal) {
    const reading = orComplain(terminal, () => {
      const { role, options } = readRole(args);
      return { role, ...readSettings(options, terminal.environment) };
    });
    if (reading === null) return 1;
    for (const { protocol, host, first, last, what } of portsOf(reading.config, reading.role)) {
      const range = first === last ? `${first}` : `${first}-${last}`;
      terminal.print(`${protocol}  ${hostInUrl(host)}:${range}  ${what}`);
    }
    return 0;
  },
};
