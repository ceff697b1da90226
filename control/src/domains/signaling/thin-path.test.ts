import t from 'tap';
import { createMeeting, enter } from '../../testing/test-client.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';

const server = await testServer(t);

t.test('two people meet, publish, receive and write', async (t) => {
  const { origin, node } = await testControl(t, await testDatabase(t, server));
  const meeting = await createMeeting(origin, { title: 'Monday' });
  const host = await enter(origin, meeting, { name: 'Ada', host: true });
  t.equal(host.joined.d.role, 'host');
  t.equal(host.joined.d.snapshot?.participants.length, 1);
  const guest = await enter(origin, meeting, { name: 'Grace' });
  const { d: told } = await host.client.type('participant.joined');
  t.match(told.participant, { id: guest.id, name: 'Grace', role: 'participant' });

  const { epoch } = host.joined.d;
  const tracks = [
    { mid: '0', cid: 'mic', kind: 'audio', source: 'microphone', muted: false },
  ] as const;
  const answer = await host.client.ask('publish.offer', {
    epoch,
    rev: 1,
    sdp: 'an offer',
    tracks: [...tracks],
  });
  t.match(answer, {
    t: 'publish.answer',
    d: { epoch, rev: 1, publications: [{ cid: 'mic', mid: '0' }] },
  });

  const room = { roomId: host.joined.d.room_id, epoch };
  node.say({
    ...room,
    type: 'subscribe_offer',
    participantId: guest.id,
    rev: 1,
    sdp: 'to receive',
    map: [{ mid: '0', publicationId: 'p1' }],
  });
  const offer = await guest.client.type('subscribe.offer');
  t.strictSame(offer.d, {
    epoch,
    rev: 1,
    sdp: 'to receive',
    map: [{ mid: '0', publication_id: 'p1' }],
  });
  t.match(await guest.client.ask('subscribe.answer', { epoch, rev: 1, sdp: 'fine' }), { t: 'ok' });

  t.match(await guest.client.ask('chat.send', { body: 'Hello!' }), { t: 'ok' });
  const shown = await host.client.type('chat.message');
  t.match(shown.d, { from: guest.id, from_name: 'Grace', body: 'Hello!' });
  t.match(await guest.client.ask('bye', {}), { t: 'ok' });
  t.match((await host.client.type('participant.left')).d, { id: guest.id, reason: 'left' });
});
