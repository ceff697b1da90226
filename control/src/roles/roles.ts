import { ConfigError } from '../config/config-error.js';
import { startFleetControl } from './fleet-control.js';
import { startNode } from './node.js';
import { startRecorder } from './recorder.js';
import type { Starter } from './role.js';
import { startSingle } from './single.js';
import { startSink } from './sink.js';

const roles: ReadonlyMap<string, Starter> = new Map([
  ['control', startFleetControl],
  ['node', startNode],
  ['recorder', startRecorder],
  ['sink', startSink],
]);

/**
 * What a process is to be, by the words of its command line.
 * @returns `role` null: all of them. `options`: the words behind it.
 * @throws ConfigError for a role that there is not.
 */
export function readRole(args: string[]): {
  role: string | null;
  start: Starter;
  options: string[];
} {
  const [role, ...options] = args;
  if (role === undefined || role.startsWith('-'))
    return { role: null, start: startSingle, options: args };
  const start = roles.get(role);
  if (start === undefined) throw new ConfigError([`there is no role ${role}`]);
  return { role, start, options };
}
