/**
 * A single machine records: a browser publishes, a host begins from another seat, the recorder is killed with
 * SIGKILL meanwhile and goes on, and what was recorded lies in the object store as files that ffprobe reads.
 */

import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { createMeeting, enter, type TestClient } from '../../control/src/testing/test-client.js';
import { childrenOf } from '../../control/src/testing/test-process.js';
import { joinByLink } from './support/people.js';
import { eventually } from './support/plenum.js';
import { setStage } from './support/stage.js';

const run = promisify(execFile);
const kept = 'objects/recordings';

/** The child of the server that records. */
function recorderOf(pid: number): number | undefined {
  return childrenOf(pid).find((child) =>
    readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('recorder-child-main'),
  );
}

const shows = (client: TestClient, state: string) =>
  eventually(`${state} is shown`, () => {
    const last = client.ofType('recording.state').at(-1)?.d;
    return Promise.resolve(last?.state === state ? last : undefined);
  });

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' });
  } catch {
    return [];
  }
}

t.test('recorded, killed, gone on with, stored', async (t) => {
  const stage = await setStage(t);
  const { plenum } = stage;
  const origin = plenum.url.replace(/\/$/, '');
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true, name: 'Host' });
  t.teardown(() => host.client.close());
  const page = await stage.open('Ada');
  await joinByLink(page, meeting.participant_link, 'Ada');
  const server = plenum.process.pid as number;
  await eventually('a recorder', () => Promise.resolve(recorderOf(server)));
  const begin = () => host.client.ask('recording.start', {});
  await eventually('it takes recordings', async () => (await begin()).t === 'ok' || undefined);
  const { recording_id: recordingId } = await shows(host.client, 'recording');
  const folder = join(plenum.dataFolder, 'recorder', 'recordings', recordingId, '1');
  const manifest = () =>
    readFileSync(join(folder, 'manifest.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
  const fileCount = () => manifest().filter(({ type }) => type === 'file').length;
  await eventually(
    'a manifest',
    async () => filesIn(folder).includes('manifest.jsonl') || undefined,
  );
  await eventually('sound and picture', async () => fileCount() === 2 || undefined);
  const killed = recorderOf(server) as number;
  process.kill(killed, 'SIGKILL');
  await shows(host.client, 'degraded');
  await shows(host.client, 'recording');
  await eventually('they go on', async () => fileCount() === 4 || undefined);
  const isGap = (line: object) => 'reason' in line && line.reason === 'recorder';
  await eventually('the gap is named', async () => manifest().some(isGap) || undefined);
  await host.client.ask('recording.stop', { recording_id: recordingId });
  await shows(host.client, 'stopped');
  const stored = () =>
    filesIn(join(plenum.dataFolder, kept, recordingId)).filter((name) => name.endsWith('.webm'));
  await eventually('everything is stored', async () => stored().length === 4 || undefined);
  for (const name of stored()) {
    const file = join(plenum.dataFolder, kept, recordingId, name);
    const { stderr } = await run('ffprobe', ['-v', 'error', '-count_packets', file]);
    t.equal(stderr, '', name);
  }
});
