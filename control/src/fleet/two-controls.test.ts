/** Two control processes and media nodes: whoever is asked, the one that has a room answers. */
import t, { type Test } from 'tap';
import { KeyRing } from '../keys/key-ring.js';
import { createMeeting, enter, post, resumeWith, TestClient } from '../testing/test-client.js';
import { testDatabase, testServer } from '../testing/test-database.js';
import { testFleetControl, testNode } from '../testing/test-fleet.js';
import { eventually } from '../testing/test-redis.js';

const server = await testServer(t);

async function twoControls(t: Test) {
  const database = await testDatabase(t, server);
  const keys = KeyRing.ephemeral();
  const one = await testFleetControl(t, { database, keys });
  const two = await testFleetControl(t, { database, keys });
  const node = await testNode(t, one);
  for (const { fleet } of [one, two]) {
    await eventually('the node', async () => fleet.nodes.find(node.nodeId) ?? undefined);
    await eventually('the other', async () =>
      fleet.controls.others.length > 0 ? true : undefined,
    );
  }
  return { database, one, two, node };
}

t.test('a meeting over both: join, chat, a host’s word, by either', async (t) => {
  const { one, two } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
  const ada = await enter(two.origin, meeting, { name: 'Ada' });
  t.equal([...two.services.rooms.all].length, 0, 'the room is where it was opened');
  t.match(ada.joined.d, { room_id: host.joined.d.room_id, epoch: host.joined.d.epoch });
  t.match(await host.client.type('participant.joined'), { d: { participant: { id: ada.id } } });
  t.match(await ada.client.ask('chat.send', { body: 'Hello' }), { t: 'ok' });
  t.match(await host.client.type('chat.message'), { d: { body: 'Hello', from: ada.id } });

  const path = `/v1/meetings/${meeting.meeting.meeting_id}`;
  const bearer = { authorization: `Bearer ${(await host.client.type('token')).d.token}` };
  const seen = await fetch(`${two.origin}${path}/participants`, { headers: bearer });
  t.equal(seen.status, 200);
  t.match(((await seen.json()) as { items: object[] }).items, [{ id: host.id }, { id: ada.id }]);
  const removed = await fetch(`${two.origin}${path}/participants/${ada.id}`, {
    method: 'DELETE',
    headers: bearer,
  });
  t.equal(removed.status, 204);
  t.equal(await ada.client.closed(), 4403, 'the code comes through');
});

t.test(
  'a process that ends: its rooms go on with the other, media and seats as they were',
  async (t) => {
    const { one, two, node } = await twoControls(t);
    const meeting = await createMeeting(one.origin);
    const host = await enter(one.origin, meeting, { host: true, name: 'Host' });
    const ada = await enter(two.origin, meeting, { name: 'Ada' });
    const { room_id: roomId, epoch } = host.joined.d;
    t.match(await host.client.ask('chat.send', { body: 'Before' }), { t: 'ok' });
    await one.crash();
    t.equal(await ada.client.closed(), 4503, 'asked to come again');
    const back = [];
    for (const { joined } of [host, ada]) {
      const client = await new TestClient(two.origin).opened();
      client.send('hello', resumeWith(joined.d.resume_token, 1));
      back.push(await client.type('joined'));
    }
    for (const { d } of back) {
      t.match(d, { room_id: roomId, epoch: epoch + 1, resumed: false, transports: 'kept' });
      t.match(d.snapshot, { last_messages: [{ body: 'Before' }] });
    }
    t.strictSame(
      back.map(({ d }) => d.participant_id),
      [host.id, ada.id],
    );
    t.strictSame(node.node.description(), [{ roomId, epoch: epoch + 1, participants: 2 }]);
    const late = await enter(two.origin, meeting, { name: 'Late' });
    t.match(late.joined.d, { room_id: roomId, epoch: epoch + 1 });
  },
);

t.test('what nobody asks for is inherited', async (t) => {
  const { one, two, node } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  const host = await enter(one.origin, meeting, { host: true });
  const { room_id: roomId, epoch, meeting_id } = host.joined.d;
  await one.crash();
  await eventually('the room', async () => two.services.rooms.find(meeting_id));
  t.strictSame(node.node.description(), [{ roomId, epoch: epoch + 1, participants: 1 }]);
});

t.test('it is passed on to a process that is gone: answered here, once', async (t) => {
  const { one, two } = await twoControls(t);
  const meeting = await createMeeting(one.origin);
  await enter(one.origin, meeting, { host: true });
  const body = {
    ...{ code: meeting.code, secret: meeting.participantSecret, display_name: 'Ada' },
  };
  const crash = one.crash();
  const joined = await post(`${two.origin}/v1/join`, body);
  t.equal(joined.status, 201);
  await crash;
});
