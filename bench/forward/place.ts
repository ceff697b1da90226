/** Where the two sides of a run are: on one address, or in namespaces joined by a veth pair. */
import { execFileSync } from 'node:child_process';
import type { ForwardOptions } from './options.js';
import { pinned } from './programs.js';
import type { Place } from './world.js';

export interface OpenPlace extends Place {
  close(): void;
}

export function openPlace({ path, shards }: ForwardOptions): OpenPlace {
  if (path === 'veth') return openVeth(shards);
  return {
    server: '127.0.0.1',
    load: '127.0.0.1',
    place: (argv, side) => pinned(argv, side, shards),
    close: () => {},
  };
}

/** Needs root. What was made ends with close(). */
function openVeth(shards: number): OpenPlace {
  if (process.getuid?.() !== 0) throw new Error('--path veth needs root');
  const names = { server: `plenum-s${process.pid}`, load: `plenum-l${process.pid}` };
  const links = { server: `pls${process.pid % 100_000}`, load: `pll${process.pid % 100_000}` };
  const subnet = `10.${200 + (process.pid % 50)}.${process.pid % 250}`;
  const addresses = { server: `${subnet}.1`, load: `${subnet}.2` };
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const ip = (...argv: string[]) => execFileSync('ip', argv, { stdio: 'pipe', env });
  const close = () => {
    for (const name of Object.values(names)) {
      try {
        ip('netns', 'delete', name);
      } catch {}
    }
  };
  try {
    for (const name of Object.values(names)) ip('netns', 'add', name);
    ip(
      ...['-n', names.server, 'link', 'add', links.server, 'type', 'veth'],
      ...['peer', 'name', links.load, 'netns', names.load],
    );
    for (const side of ['server', 'load'] as const) {
      ip('-n', names[side], 'address', 'add', `${addresses[side]}/24`, 'dev', links[side]);
      ip('-n', names[side], 'link', 'set', links[side], 'up');
      ip('-n', names[side], 'link', 'set', 'lo', 'up');
    }
  } catch (error) {
    close();
    throw error;
  }
  return {
    ...addresses,
    place: (argv, side) => [
      ...['ip', 'netns', 'exec', names[side === 'load' ? 'load' : 'server']],
      ...pinned(argv, side, shards),
    ],
    close,
  };
}
