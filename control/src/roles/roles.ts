import { ConfigError } from '../config/config-error.js';
import { startFleetControl } from './fleet-control.js';
import { startNode } from './node.js';
import type { Starter } from './role.js';
import { startSingle } from './single.js';
import { startSink } from './sink.js';

/** Of version 1; null: it is not there yet. */
const roles: ReadonlyMap<string, Starter | null> = new Map([
  ['control', startFleetControl],
  ['node', startNode],
  ['recorder', null],
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
  if (start === null) {
    const missing = `the role ${role} is not there yet`;
    throw new ConfigError([`${missing}; without one, this process is all of them`]);
  }
  return { role, start, options };
}
