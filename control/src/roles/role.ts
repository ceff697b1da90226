import type { FastifyBaseLogger } from 'fastify';
import type { Engine } from '../../../lib/index.js';
import type { Config } from '../config.js';
import type { Stop } from './stops.js';

export interface StartOptions {
  /** What stops each part is pushed here as soon as it runs, also when a later part fails. */
  stops: Stop[];
  log: FastifyBaseLogger;
  /** In place of the native engine. */
  engine?: Engine;
}

/** What a process says, line by line, once it runs. */
export type Ready = readonly string[];

/** Starts everything that a role needs, in the order in which things stand on each other. */
export type Starter = (config: Config, options: StartOptions) => Promise<Ready>;
