import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { testFolder } from '../../../control/src/testing/test-database.js';
import { claimPort } from '../../../control/src/testing/test-ports.js';
import { eventually } from '../../e2e/support/plenum.js';
import { deploy } from './places.js';
import { startProgram } from './processes.js';

export const shipped = join(deploy, 'prometheus');

/** How many series there are for an expression now. */
export type CountSeries = (expression: string) => Promise<number>;

/** A Prometheus with the configuration and rules that we ship, that reads one control process often. */
export async function startPrometheus(t: Test, target: string): Promise<CountSeries> {
  const folder = testFolder(t);
  mkdirSync(join(folder, 'targets'));
  for (const file of ['rules.yml', 'alerts.yml']) cpSync(join(shipped, file), join(folder, file));
  const targets = [{ targets: [target], labels: { region: 'here' } }];
  writeFileSync(join(folder, 'targets', 'control.yml'), JSON.stringify(targets));
  const configuration = readFileSync(join(shipped, 'prometheus.yml'), 'utf8')
    .replaceAll('/etc/prometheus/plenum', folder)
    .replace(/(scrape|evaluation)_interval: 15s/g, '$1_interval: 300ms');
  writeFileSync(join(folder, 'prometheus.yml'), configuration);
  const address = `127.0.0.1:${await claimPort()}`;
  const { child, said } = startProgram(t, 'prometheus', [
    `--config.file=${join(folder, 'prometheus.yml')}`,
    `--storage.tsdb.path=${join(folder, 'series')}`,
    ...[`--web.listen-address=${address}`, '--log.level=warn'],
  ]);
  const ask = async (path: string) => fetch(`http://${address}${path}`);
  await eventually('prometheus is ready', async () => {
    if (child.exitCode !== null) throw new Error(`it ended at once: ${said()}`);
    const ready = await ask('/-/ready').catch(() => null);
    return ready?.status === 200 ? true : undefined;
  });
  return async (expression) => {
    const answer = await ask(`/api/v1/query?${new URLSearchParams({ query: expression })}`);
    const { status, data, error } = (await answer.json()) as QueryAnswer;
    if (status !== 'success') throw new Error(`${expression}: ${error}`);
    return data.result.length;
  };
}

interface QueryAnswer {
  status: string;
  error?: string;
  data: { result: unknown[] };
}
