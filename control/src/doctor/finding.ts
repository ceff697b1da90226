import type { Config } from '../config.js';
import type { Machine } from '../machine.js';

/** What a check found. Only what failed makes the doctor's exit code 1. */
export interface Finding {
  state: 'ok' | 'warning' | 'failed' | 'skipped';
  detail: string;
  /** What to do; where something failed always. */
  fix?: string;
}

/** What checks ask the world, so that a test can plant what it cannot make. */
export interface Facts {
  machine: Machine;
  /** Milliseconds since 1970. */
  now(): number;
  /** Free for us on the file system of this folder. */
  freeBytes(folder: string): Promise<number>;
  /** `server_version_num` (150000 is 15), and its clock, ms since 1970. @throws when it is not reached. */
  postgres(url: string): Promise<{ version: number; now: number }>;
  /** @throws when it is not reached. */
  redis(bus: Config['bus']): Promise<void>;
  /** So with these, by `queue.url` and `events.url`. */
  kafka(url: string): Promise<void>;
  clickhouse(url: string): Promise<void>;
  /** Writes, reads and deletes an object there. @throws when one of it fails. */
  objects(objects: Config['objects']): Promise<void>;
  /** Runs it, and resolves with what it says. @throws when there is none, or it fails. */
  program(name: string, args: readonly string[]): Promise<string>;
  /** Addresses of this machine. */
  ownAddresses(): string[];
}

export type Check = (config: Config, facts: Facts) => Promise<Finding> | Finding;

export const ok = (detail: string): Finding => ({ state: 'ok', detail });
export const skipped = (detail: string): Finding => ({ state: 'skipped', detail });
export const failed = (detail: string, fix: string): Finding => ({ state: 'failed', detail, fix });
export const warning = (detail: string, fix: string): Finding => ({
  state: 'warning',
  detail,
  fix,
});
