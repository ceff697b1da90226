import type { ChildProcess } from 'node:child_process';
import type { Test } from 'tap';
import { testFolder } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { program } from '../../../control/src/testing/test-process.js';
import { eventually } from '../../../control/src/testing/test-redis.js';
import { startProgram } from './processes.js';

export interface ControlProcess {
  child: ChildProcess;
  port: number;
  adminPort: number;
  /** `/metrics`, as Prometheus would read it. */
  metrics(): Promise<string>;
}

/** A whole server with an engine that has no sockets. */
export async function startControlProcess(
  t: Test,
  settings: Record<string, string> = {},
): Promise<ControlProcess> {
  const [port, adminPort] = [await claimPort(), await claimPort()];
  const { DATABASE_URL: _, ...environment } = process.env;
  const words = ['--port', `${port}`, '--admin-port', `${adminPort}`, '--data', testFolder(t)];
  const { child, said } = startProgram(t, process.execPath, [program, ...words], {
    env: { ...environment, PLENUM_CONFIG: 'none', PLENUM_LOG_LEVEL: 'error', ...settings },
  });
  await eventually('it is ready', async () => {
    if (child.exitCode !== null) throw new Error(`it ended at once: ${said()}`);
    return /^Plenum is ready/m.test(said()) ? true : undefined;
  });
  const metrics = async () => (await fetch(`http://127.0.0.1:${adminPort}/metrics`)).text();
  return { child, port, adminPort, metrics };
}
