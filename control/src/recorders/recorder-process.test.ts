/** `plenum start recorder` as an operator starts it: a process of its own, with the engine, over real TLS. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { lostAfterMs } from '../fleet/node-messages.js';
import { KeyRing } from '../keys/key-ring.js';
import { createMeeting, enter } from '../testing/test-client.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import {
  enrolmentToken,
  type TestFleetControl,
  testFleetControl,
  testNode,
} from '../testing/test-fleet.js';
import { claimPort } from '../testing/test-ports.js';
import { endProcess } from '../testing/test-process.js';
import { shown } from '../testing/test-recording.js';
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

t.test(
  'the only one is asked to stop: it is missed at once, and goes on when it is back',
  async (t) => {
    const keys = KeyRing.ephemeral();
    const control = await testFleetControl(t, { database: await testDatabase(t, server), keys });
    await testNode(t, control);
    const folder = join(testFolder(t), 'recorder');
    const token = await enrolmentToken(control, 'recorder');
    const first = await startRecorder(t, folder, control, token);
    const { recorders } = control.fleet;
    const link = await eventually(
      'control reaches it',
      async () => recorders.link(first.recorderId) ?? undefined,
    );
    const silentMs: number[] = [];
    recorders.listen({
      event: () => {},
      described: () => {},
      lost: () => void silentMs.push(link.silentMs),
    });
    const meeting = await createMeeting(control.origin);
    const host = await enter(control.origin, meeting, { host: true, name: 'Host' });
    await host.client.ask('recording.start', {});
    const { recording_id } = await shown(host.client, 'recording');
    t.equal(await first.end(), 0);
    t.match(await shown(host.client, 'degraded'), { reason: 'recorder_lost' });
    t.equal(silentMs.length, 1);
    t.ok((silentMs[0] ?? 0) < lostAfterMs, `${silentMs} ms`);

    const second = await startRecorder(t, folder, control, null);
    t.match(await shown(host.client, 'recording'), { recording_id });
    const held = await eventually('it says so', async () =>
      recorders.link(second.recorderId)?.rooms.recordings.find((one) => one.take === 1),
    );
    t.match(held, { recordingId: recording_id, state: /degraded|recording/ });
    t.equal(await second.end(), 0);
  },
);
