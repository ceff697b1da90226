import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../config.js';
import { type Check, type Facts, type Finding, failed } from './finding.js';
import { buffers, configuration, disk, files } from './machine-checks.js';
import { address, ports, udp } from './network.js';
import { recording } from './recording-check.js';
import { clickhouse, clock, kafka, objects, postgres, redis, tls } from './services-checks.js';

/** All at once but those that bind the same port. */
const checks: Record<string, Check> = {
  configuration,
  address,
  ports,
  tls,
  clock,
  disk,
  recording,
  files,
  buffers,
  postgres,
  redis,
  kafka,
  clickhouse,
  objects,
};
/** So that the whole takes less than 20 s. */
const limitMs = 9000;

/** Looks at everything that a meeting needs of this machine. By name, in order. */
export async function examine(config: Config, facts: Facts): Promise<Map<string, Finding>> {
  const names = Object.keys(checks);
  const findings = await Promise.all(
    names.map((name) => bounded(checks[name] as Check, config, facts)),
  );
  const found = new Map(names.map((name, index) => [name, findings[index] as Finding]));
  return found.set('udp', await bounded(udp, config, facts));
}

async function bounded(check: Check, config: Config, facts: Facts): Promise<Finding> {
  const late = failed(
    `no result within ${limitMs / 1000} s`,
    'look at the network of this machine',
  );
  try {
    return await Promise.race([check(config, facts), delay(limitMs, late, { ref: false })]);
  } catch (error) {
    return failed((error as Error).message, 'this is a fault of the doctor itself: report it');
  }
}
