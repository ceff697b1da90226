import type { Starter } from './role.js';
import { startSink } from './sink.js';

/** Of version 1; null: it is not there yet. */
export const roles: ReadonlyMap<string, Starter | null> = new Map([
  ['control', null],
  ['node', null],
  ['recorder', null],
  ['sink', startSink],
]);
