/** A process takes a room: what its nodes have and say goes on; those that do not answer are lost. */
import { setImmediate as turn } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import { makeAdmin } from '../testing/test-accounts.js';
import {
  createMeeting,
  enter,
  post,
  resumeWith,
  TestClient,
  type TestMeeting,
} from '../testing/test-client.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import {
  knowEachOther,
  type TestFleetControl,
  testFleetControl,
  testNode,
} from '../testing/test-fleet.js';
import { claimPort } from '../testing/test-ports.js';
import { publish } from '../testing/test-publishing.js';
import { eventually } from '../testing/test-redis.js';
import { type Relay, testRelay } from '../testing/test-way.js';

const server = await testServer(t);

interface Site {
  region: string;
  control: TestFleetControl;
  /** By which everybody reaches it who is not told another way. */
  way: Relay;
  direct: string;
}

/** Control processes of these regions. @returns them, and nodes whose way to those of their region is direct. */
async function sites(t: Test, ...regions: string[]) {
  const database = await testDatabase(t, server);
  const shared = { database, keys: KeyRing.ephemeral() };
  const all: Site[] = [];
  for (const region of regions) {
    const port = await claimPort();
    const way = await testRelay(t, port);
    const advertise = `127.0.0.1:${way.port}`;
    const control = await testFleetControl(t, { ...shared, region, port, advertise });
    all.push({ region, control, way, direct: `127.0.0.1:${port}` });
  }
  await knowEachOther(all.map(({ control }) => control));
  const addNode = async ({ control, region }: Site, isDirect = true) => {
    const address = (told: string) => {
      const at = all.find(({ way }) => told === `127.0.0.1:${way.port}`);
      return isDirect && at?.region === region ? at.direct : told;
    };
    const node = await testNode(t, control, { region, address });
    for (const { control: each } of all) {
      await eventually('it', async () => each.fleet.nodes.find(node.nodeId) ?? undefined);
    }
    return node;
  };
  return { database, all, addNode };
}

/** @param seq of the last message, as far as the client knows. */
async function resume(at: Site, { joined }: { joined: { d: { resume_token: string } } }, seq = 1) {
  const client = await new TestClient(at.control.origin).opened();
  client.send('hello', resumeWith(joined.d.resume_token, seq));
  const answer = await client.find(({ t }) => t === 'joined' || t === 'error');
  if (answer.t !== 'joined') throw new Error(JSON.stringify(answer));
  return { client, joined: answer, d: answer.d };
}

/** A process ends, its machine says so, and this one of its region knows. */
async function end({ control, way }: Site, by: Site): Promise<void> {
  const { controlId } = control.fleet;
  await control.crash();
  await way.break();
  await eventually('it is gone', async () =>
    by.control.fleet.controls.find(controlId) === null ? true : undefined,
  );
}

/** A meeting that this one of all processes inherits, were it not for regions. */
async function inheritedBy(heir: Site, at: Site): Promise<TestMeeting> {
  const made = await createMeeting(at.control.origin);
  const room = { meetingId: made.meeting.meeting_id, nodeId: null };
  return heir.control.fleet.isHeirOf(room) ? made : inheritedBy(heir, at);
}

for (const [heir, index] of [
  ['near', 1],
  ['far', 2],
] as const) {
  t.test(
    `the way to one region is cut: the room stays in its own (heir of all: ${heir})`,
    async (t) => {
      const { database, all, addNode } = await sites(t, 'eu', 'eu', 'us');
      const [first, second, far] = all as [Site, Site, Site];
      const near = await addNode(first);
      const farNode = await addNode(far);
      const meeting = await inheritedBy(all[index] as Site, first);
      const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
      const ada = await enter(far.control.origin, meeting, { name: 'Ada' });
      const { room_id: roomId, epoch } = host.joined.d;
      await publish(host, epoch);
      for (const { way } of all) way.silence();
      const isCut = (by: Site, from: Site) =>
        by.control.fleet.controls.isCut(from.control.fleet.controlId) ? true : undefined;
      await eventually('it is known', async () => isCut(second, far));
      await eventually('there as well', async () => isCut(far, second));
      await eventually('of the node too', async () =>
        second.control.fleet.cutOff === 1 ? true : undefined,
      );
      await end(first, second);
      await eventually('it is gone there', async () =>
        far.control.fleet.controls.find(first.control.fleet.controlId) === null ? true : undefined,
      );
      const refused = resume(far, ada);
      await t.rejects(
        refused,
        /dependency_down/,
        'nobody takes it away from those who hear each other',
      );
      const { d } = await resume(second, host);
      t.match(d, { participant_id: host.id, transports: 'kept', epoch: epoch + 1 });
      t.match(near.node.description(), [{ roomId, participants: 1 }]);
      t.match(
        farNode.node.description(),
        [{ roomId, epoch, participants: 1 }],
        'goes on by itself',
      );
      await eventually('it is written', async () => {
        const [row] = await database.query<{ of: string[] }>(
          'select branch_node_ids as of from rooms',
        );
        return row?.of.length === 0 ? true : undefined;
      });

      for (const { way } of [second, far]) await way.mend();
      await eventually('what was cut off is closed', async () =>
        farNode.node.description().length === 0 ? true : undefined,
      );
      const back = await resume(far, ada);
      t.match(back.d, { participant_id: ada.id, transports: 'new' }, 'her seat was kept');
    },
  );
}

t.test(
  'a node of another region ends with the process: its people alone are concerned',
  async (t) => {
    const { all, addNode } = await sites(t, 'eu', 'eu', 'us');
    const [first, second, far] = all as [Site, Site, Site];
    const near = await addNode(first);
    await addNode(far);
    const meeting = await createMeeting(first.control.origin);
    const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
    const ada = await enter(far.control.origin, meeting, { name: 'Ada' });
    const { epoch } = host.joined.d;
    await publish(host, epoch);
    // Nobody can tell yet that it does not answer.
    second.way.silence();
    await end(first, second);
    const { d, client } = await resume(second, host);
    t.match(d, { participant_id: host.id, transports: 'kept' });
    const [room] = second.control.services.rooms.all;
    t.match(
      room?.places.map(({ placed }) => placed.nodeId),
      [near.nodeId],
    );
    t.match(room?.key.epoch, epoch + 2, 'the place that was lost is one with the other');
    t.strictSame(client.ofType('migrate'), [], 'the host is where they were');
    t.ok(room?.seats.has(ada.id));
  },
);

t.test('the node of the room ends with its process: the room is at another one', async (t) => {
  const { all, addNode } = await sites(t, 'eu', 'eu');
  const [first, second] = all as [Site, Site];
  await addNode(first, false);
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  const other = await addNode(first);
  second.way.silence();
  await end(first, second);
  const { d } = await resume(second, host);
  t.match(d, { participant_id: host.id, transports: 'new', epoch: host.joined.d.epoch + 2 });
  t.match(other.node.description(), [{ epoch: d.epoch, participants: 1 }]);
});

t.test('a node that a client has never spoken to: its transports are elsewhere', async (t) => {
  const { all, addNode } = await sites(t, 'eu', 'eu');
  const [first, second] = all as [Site, Site];
  await addNode(first);
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(first.control.origin, meeting, { name: 'Ada' });
  const { epoch, room_id: roomId } = host.joined.d;
  for (const each of [host, ada]) await publish(each, epoch);
  const other = await addNode(first);
  const { headers } = await makeAdmin(first.control);
  await post(`${first.control.origin}/v1/rooms/${roomId}/move`, {}, headers);
  for (const { client } of [host, ada]) await client.type('migrate');
  await publish(host, epoch + 1);
  t.match(other.node.description(), [{ roomId, epoch: epoch + 1, participants: 2 }]);
  await end(first, second);
  const kept = await resume(second, host);
  t.match(kept.d, { participant_id: host.id, transports: 'kept', epoch: epoch + 2 });
  const anew = await resume(second, ada);
  t.match(anew.d, { participant_id: ada.id, transports: 'new', epoch: epoch + 2 });
  t.equal((await publish(anew, epoch + 2)).length, 2, 'by its first offer');
  t.match(other.node.description(), [{ roomId, epoch: epoch + 2, participants: 2 }]);
});

t.test(
  'a welcome that was lost on its way: numbers of the process before mean nothing',
  async (t) => {
    const { all, addNode } = await sites(t, 'eu', 'eu');
    const [first, second] = all as [Site, Site];
    await addNode(first);
    const meeting = await createMeeting(first.control.origin);
    const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
    await end(first, second);
    const lost = await resume(second, host);
    t.match(lost.d, { resumed: false });
    lost.client.close();
    // It says its number of before, which happens to be one of this process as well.
    const next = await resume(second, host);
    t.match(next.d, { participant_id: host.id, resumed: false }, 'it has the token of before');
    t.ok(next.d.snapshot, 'and had no snapshot');
    const heard = await resume(second, next, next.joined.seq);
    t.match(heard.d, { participant_id: host.id, resumed: true }, 'it heard of this one');
  },
);

t.test('what a node says while another one is asked is heard', async (t) => {
  const { all, addNode } = await sites(t, 'eu', 'eu', 'us');
  const [first, second, far] = all as [Site, Site, Site];
  const [near, farNode] = [await addNode(first), await addNode(far)];
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  await enter(far.control.origin, meeting, { name: 'Ada' });
  const { room_id: roomId, epoch } = host.joined.d;
  const [microphone, camera] = await publish(host, epoch);

  const { publications } = near.node;
  const hasTold = new Promise<void>((resolve) => {
    near.node.publications = async (room) => {
      const all = await publications(room);
      turn().then(resolve); // the answer is on its way by then
      return all;
    };
  });
  const { openRoom } = farNode.node;
  farNode.node.openRoom = async (room) => {
    await hasTold;
    const ref = { roomId, epoch: room.epoch, participantId: host.id };
    await near.node.publishRemove({ ...ref, publicationId: camera as string });
    // What the node said has come when it answers the next question.
    await second.control.fleet.nodes.find(near.nodeId)?.client.checkCapacity({ room: null });
    return openRoom(room);
  };
  await end(first, second);
  const { d } = await resume(second, host);
  t.match(d, { participant_id: host.id, transports: 'kept', epoch: epoch + 1 });
  const known = second.control.services.rooms.live(d.meeting_id).publications;
  t.strictSame([...known.keys()], [microphone], 'the camera ended meanwhile');
});

t.test('who was away while the room moved begins anew, whichever process has it', async (t) => {
  const { all, addNode } = await sites(t, 'eu', 'eu');
  const [first, second] = all as [Site, Site];
  const was = await addNode(first);
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(first.control.origin, meeting, { name: 'Ada' });
  const { meeting_id: meetingId, room_id: roomId, epoch } = host.joined.d;
  const other = await addNode(first);
  ada.client.cut();
  await host.client.type('participant.updated', ({ d }) => d.state === 'reconnecting');
  await first.control.services.rooms.move({ meetingId, roomId }, other.nodeId);
  t.match(was.node.description(), [{ epoch, participants: 2 }], 'until the host has moved');
  t.match(other.node.description(), [{ epoch: epoch + 1, participants: 1 }], 'the host alone');
  await publish(host, (await host.client.type('migrate')).d.epoch);
  await end(first, second);
  const back = [(await resume(second, host)).d, (await resume(second, ada)).d];
  t.match(back, [
    { participant_id: host.id, transports: 'kept' },
    { participant_id: ada.id, transports: 'new' },
  ]);
  t.match(other.node.description(), [{ epoch: epoch + 2, participants: 2 }]);
});

t.test('a copy of long ago is nothing to go on with: the room begins anew there', async (t) => {
  const { all, addNode } = await sites(t, 'eu', 'eu');
  const [first, second] = all as [Site, Site];
  const was = await addNode(first, false);
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  const { room_id: roomId, epoch } = host.joined.d;
  await publish(host, epoch);
  const other = await addNode(first);
  // The room leaves a node that hears nothing of it, and is heard again by the next process alone.
  first.way.silence();
  const { d: moved } = await host.client.type('migrate');
  await publish(host, moved.epoch);
  t.match(was.node.description(), [{ roomId, epoch, participants: 1 }], 'it knows nothing of it');
  await other.agent.stop();
  await eventually('it is lost', async () =>
    second.control.fleet.nodes.find(other.nodeId) === null ? true : undefined,
  );
  await eventually('it is there', async () =>
    second.control.fleet.nodes.find(was.nodeId) === null ? undefined : true,
  );
  await end(first, second);
  const { d } = await resume(second, host);
  t.match(d, { participant_id: host.id, transports: 'new' });
  t.match(was.node.description(), [{ roomId, epoch: d.epoch, participants: 1 }]);
  const known = second.control.services.rooms.live(d.meeting_id).publications;
  t.strictSame([...known.keys()], [], 'what was there has been elsewhere since');
});

t.test('a room that others have taken and ended meanwhile is not here any more', async (t) => {
  const { database, all, addNode } = await sites(t, 'eu');
  const [first] = all as [Site];
  const { node } = await addNode(first);
  const meeting = await createMeeting(first.control.origin);
  const host = await enter(first.control.origin, meeting, { host: true, name: 'Host' });
  const { room_id: roomId, epoch } = host.joined.d;
  // As after a pause in which another process had it: nothing tells this one.
  await database.query('update rooms set closed_at = now()');
  await node.closeRoom({ roomId, epoch });
  t.equal(await host.client.closed(), 4404);
  const ada = await enter(first.control.origin, meeting, { name: 'Ada' });
  t.not(ada.joined.d.room_id, roomId, 'the next one is open to everybody');
});
