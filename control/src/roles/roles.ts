import { startFleetControl } from './fleet-control.js';
import { startNode } from './node.js';
import type { Starter } from './role.js';
import { startSink } from './sink.js';

/** Of version 1; null: it is not there yet. */
export const roles: ReadonlyMap<string, Starter | null> = new Map([
  ['control', startFleetControl],
  ['node', startNode],
  ['recorder', null],
  ['sink', startSink],
]);
