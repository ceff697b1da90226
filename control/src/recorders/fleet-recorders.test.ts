/** Recorders in a fleet: enrolled and reached as nodes are; rooms that go on under another process, or recorder. */
import { randomUUID } from 'node:crypto';
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { insertNode } from '../domains/nodes/repository.js';
import { NodeCredentials } from '../fleet/node-credentials.js';
import { KeyRing } from '../keys/key-ring.js';
import type { MediaNode } from '../schemas/http.js';
import { makeAdmin } from '../testing/test-accounts.js';
import { createMeeting, enter, post, resumeWith, TestClient } from '../testing/test-client.js';
import { testConfig } from '../testing/test-control.js';
import { testDatabase, testFolder, testServer } from '../testing/test-database.js';
import {
  enrolmentToken,
  knowEachOther,
  type TestFleetControl,
  type TestFleetRecorder,
  testFleetControl,
  testNode,
  testRecorder,
} from '../testing/test-fleet.js';
import { rowOf, shown } from '../testing/test-recording.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);

async function fleetOf(t: Test, count: number): Promise<TestFleetControl[]> {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const controls: TestFleetControl[] = [];
  for (let n = 0; n < count; n++) controls.push(await testFleetControl(t, { database, keys }));
  await knowEachOther(controls);
  return controls;
}

/** Until all of them can reach it. */
const reached = (controls: TestFleetControl[], { recorder }: TestFleetRecorder) =>
  eventually(
    'it is reached',
    async () =>
      controls.every(({ fleet }) => fleet.recorders.find(recorder.recorderId) !== null) ||
      undefined,
  );

async function recordedMeeting({ origin }: TestFleetControl) {
  const meeting = await createMeeting(origin);
  const host = await enter(origin, meeting, { host: true, name: 'Host' });
  await host.client.ask('recording.start', {});
  const { recording_id } = await shown(host.client, 'recording');
  return { meeting, host, recordingId: recording_id };
}

t.test('it enrols by a token of its kind, and shows among the nodes', async (t) => {
  const [control] = (await fleetOf(t, 1)) as [TestFleetControl];
  const made = await testRecorder(t, control);
  await reached([control], made);
  const admin = await makeAdmin(control);
  const answer = await fetch(`${control.origin}/v1/nodes`, { headers: admin.headers });
  const { items } = (await answer.json()) as { items: MediaNode[] };
  t.match(
    items.find(({ node_id }) => node_id === made.recorder.recorderId),
    { kind: 'recorder', state: 'up', unfit: null, rooms: 0 },
  );
  const token = await enrolmentToken(control);
  const config = testConfig({ node: { token, controls: [control.fleet.address] } });
  const open = { clock: systemClock, role: 'recorder' } as const;
  await t.rejects(NodeCredentials.open(testFolder(t), config, open), /enrols no recorder/);
});

t.test('drained: no new recordings; what it has goes on', async (t) => {
  const [control] = (await fleetOf(t, 1)) as [TestFleetControl];
  await testNode(t, control);
  const made = await testRecorder(t, control);
  await reached([control], made);
  const { host } = await recordedMeeting(control);
  const admin = await makeAdmin(control);
  const url = `${control.origin}/v1/nodes/${made.recorder.recorderId}/drain`;
  t.equal((await post(url, {}, admin.headers)).status, 200);
  t.equal(control.fleet.recorders.place(), null);
  await host.client.pinged();
  t.equal(made.recorder.recording?.stopped, null);
  t.equal(host.client.ofType('recording.state').at(-1)?.d.state, 'recording');
});

t.test(
  'of one that nobody reaches a process of its region decides, which may never have seen it',
  async (t) => {
    const [database, keys] = [await testDatabase(t, server), KeyRing.ephemeral()];
    const [near, far] = [
      await testFleetControl(t, { database, keys, region: 'us' }),
      await testFleetControl(t, { database, keys, region: 'eu' }),
    ];
    await knowEachOther([near, far]);
    // As they were written before these processes began. By lot half of them would be the other one's.
    const lost = Array.from({ length: 32 }, () => randomUUID());
    for (const nodeId of lost) {
      const about = { kind: 'recorder', name: 'a recorder', region: 'us', at: new Date() } as const;
      await insertNode(database, { nodeId, ...about });
    }
    const deciding = ({ fleet }: TestFleetControl) =>
      lost.filter((recorderId) => fleet.recorders.decidesFor(recorderId)).length;
    await eventually('they have read of them', async () => deciding(near) === 32 || undefined);
    await eventually('so has the other', async () => deciding(far) === 0 || undefined);
    await near.crash();
    await eventually('nobody of the region is left', async () => deciding(far) === 32 || undefined);
  },
);

t.test('a recorder that goes hands what it has to another one', async (t) => {
  const [control] = (await fleetOf(t, 1)) as [TestFleetControl];
  await testNode(t, control);
  const first = await testRecorder(t, control);
  await reached([control], first);
  const { host, recordingId } = await recordedMeeting(control);
  const second = await testRecorder(t, control);
  await reached([control], second);
  first.agent.leave();
  await eventually('the second has it', async () => second.recorder.recording ?? undefined);
  t.match(second.recorder.recording, { order: { recordingId, take: 2 } });
  await eventually('the first has stopped', async () =>
    first.recorder.held.get(recordingId)?.stopped === 'moved' ? true : undefined,
  );
  await shown(host.client, 'recording');
});

t.test('its process begins anew: the same take goes on', async (t) => {
  const [control] = (await fleetOf(t, 1)) as [TestFleetControl];
  await testNode(t, control);
  const made = await testRecorder(t, control);
  await reached([control], made);
  const { host, recordingId } = await recordedMeeting(control);
  made.restart();
  await eventually('it has it again', async () => made.recorder.recording ?? undefined);
  await shown(host.client, 'recording');
  t.match(made.recorder.recording, { adopt: false, order: { recordingId, take: 1 } });
  await eventually('it is written', async () => {
    const { take, status } = (await rowOf(control.database, recordingId)) ?? {};
    return (take === 1 && status === 'recording') || undefined;
  });
});

t.test(
  'the process that has the room is killed: another one goes on with the recording',
  async (t) => {
    const [one, other] = (await fleetOf(t, 2)) as [TestFleetControl, TestFleetControl];
    await testNode(t, one);
    const made = await testRecorder(t, one);
    await reached([one, other], made);
    const { host, recordingId } = await recordedMeeting(one);
    await eventually('a link', async () => made.recorder.recording?.links.size === 1 || undefined);
    await one.crash();
    const back = await new TestClient(other.origin).opened();
    back.send('hello', resumeWith(host.joined.d.resume_token, host.joined.seq), 'back');
    const joined = await back.type('joined');
    t.match(joined.d.snapshot?.recording, { recording_id: recordingId, state: 'recording' });
    const held = made.recorder.recording;
    t.match(held, { adopt: true, order: { recordingId, take: 1 } });
    t.ok((held?.order.recordedMs ?? 0) > 0);
    t.equal(held?.room.epoch, joined.d.epoch, 'under the newer epoch');
    const stop = { recording_id: recordingId };
    t.match(await back.ask('recording.stop', stop), { t: 'ok' });
    await eventually('it has stopped', async () =>
      made.recorder.held.get(recordingId)?.stopped === 'stopped' ? true : undefined,
    );
    t.match(await rowOf(other.database, recordingId), { status: 'processing' });
  },
);

t.test('a request for a room of another process is answered there', async (t) => {
  const [one, other] = (await fleetOf(t, 2)) as [TestFleetControl, TestFleetControl];
  await testNode(t, one);
  await reached([one, other], await testRecorder(t, one));
  const owner = await makeAdmin(one);
  const made = await createMeeting(one.origin, {}, owner.headers);
  const host = await enter(one.origin, made, { host: true, name: 'Host' });
  const url = `${other.origin}/v1/meetings/${made.meeting.meeting_id}/recordings`;
  const begun = await post(url, {}, owner.headers);
  t.equal(begun.status, 201);
  const { recording_id } = (await begun.json()) as { recording_id: string };
  await shown(host.client, 'recording');
  const change = (state: string) =>
    fetch(`${other.origin}/v1/recordings/${recording_id}`, {
      method: 'PATCH',
      headers: { ...owner.headers, 'content-type': 'application/json', 'if-match': '*' },
      body: JSON.stringify({ state }),
    });
  t.match(await (await change('paused')).json(), { recording_id, status: 'paused' });
  await shown(host.client, 'paused');
  t.match(await (await change('paused')).json(), { status: 'paused' }, 'it is as it was wanted');
  t.match(await (await change('recording')).json(), { status: 'recording' });
  t.match(await (await change('stopped')).json(), { status: 'processing' });
  await shown(host.client, 'stopped');
  t.match(await (await change('recording')).json(), { code: 'conflict' });
});
