/** `plenum start recorder` as an operator starts it: a process of its own, with the engine, over real TLS. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import { enrolmentToken, type TestFleetControl, testFleetControl } from '../testing/test-fleet.js';
import { claimPort } from '../testing/test-ports.js';
import { endProcess } from '../testing/test-process.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);
const program = fileURLToPath(new URL('../server.js', import.meta.url));

interface StartedRecorder {
  recorderId: string;
  adminUrl: string;
  /** @returns its exit code. */
  end(): Promise<number | null>;
}

async function startRecorder(
  t: Test,
  folder: string,
  { fleet }: TestFleetControl,
  token: string | null,
): Promise<StartedRecorder> {
  const adminPort = await claimPort();
  const { DATABASE_URL: _, ...environment } = process.env;
  const child = spawn(process.execPath, [program, 'start', 'recorder'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: {
      ...{ ...environment, PLENUM_CONFIG: 'none', PLENUM_LOG_LEVEL: 'error' },
      ...{ PLENUM_DATA_FOLDER: folder, PLENUM_HTTP_ADMIN_PORT: `${adminPort}` },
      PLENUM_NODE_CONTROLS: fleet.address,
      ...(token === null ? {} : { PLENUM_NODE_TOKEN: token }),
    },
  });
  t.teardown(() => void child.kill('SIGKILL'));
  for await (const line of createInterface({ input: child.stdout })) {
    const [, recorderId] = /^Plenum recorder is ready: (\S+)$/.exec(line) ?? [];
    if (recorderId === undefined) continue;
    const adminUrl = `http://127.0.0.1:${adminPort}`;
    return { recorderId, adminUrl, end: () => endProcess(child, 'SIGTERM') };
  }
  throw new Error('it ended before it was ready');
}

t.test('enrolled by a token once, it is there, ends in order, and comes again', async (t) => {
  const keys = KeyRing.ephemeral();
  const control = await testFleetControl(t, { database: await testDatabase(t, server), keys });
  const folder = join(testFolder(t), 'recorder');
  const token = await enrolmentToken(control, 'recorder');
  const there = (recorderId: string) =>
    eventually('control reaches it', async () => {
      const recorder = control.fleet.recorders.find(recorderId);
      return recorder?.load.diskState === 'ok' || undefined;
    });

  const first = await startRecorder(t, folder, control, token);
  await there(first.recorderId);
  t.equal(control.fleet.recorders.place()?.recorderId, first.recorderId, 'it takes recordings');
  const ready = await fetch(`${first.adminUrl}/readyz`);
  t.same([ready.status, await ready.json()], [200, { dependencies: { control: 'up' } }]);
  const shown = await (await fetch(`${first.adminUrl}/metrics`)).text();
  t.match(shown, /^plenum_recorder_tracks 0$/m);
  t.match(shown, /^plenum_recorder_store_up 1$/m);
  t.match(shown, /^plenum_recorder_gap_seconds_total\{reason="loss"\} 0$/m);
  t.match(shown, /^plenum_node_certificate_days_left \d+/m);
  t.equal(await first.end(), 0);
  await eventually(
    'control hears of it',
    async () => control.fleet.recorders.find(first.recorderId) === null || undefined,
  );

  const second = await startRecorder(t, folder, control, null);
  t.equal(second.recorderId, first.recorderId, 'the same, without a token');
  await there(second.recorderId);
  t.equal(await second.end(), 0);
});
