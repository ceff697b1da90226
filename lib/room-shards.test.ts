import t from 'tap';
import type { Command } from './engine/contract.gen.js';
import { type Handle, shardOf } from './engine/handle.js';
import {
  acceptOffer,
  CAMERA,
  join,
  type Meeting,
  MICROPHONE,
  openMeeting,
  publish,
  settle,
} from './testing/meeting.js';

function of<T extends Command['type']>({ engine }: Meeting, type: T) {
  return engine.commands.filter(
    (command): command is Extract<Command, { type: T }> => command.type === type,
  );
}

/** What of a publication is on other shards now: `origin shard → shard`. */
function relaysOf(meeting: Meeting): string[] {
  const open = of(meeting, 'relayedPublicationCreate').filter(
    ({ publication }) =>
      of(meeting, 'publicationClose').filter((it) => it.publication === publication).length === 0,
  );
  return open.map(
    ({ kind, origin, publication }) => `${kind} ${shardOf(origin)} → ${shardOf(publication)}`,
  );
}

t.test('participants of one room on two shards: sound is on both, video on demand', async (t) => {
  const meeting = openMeeting(2);
  const anna = join(meeting, 'anna');
  const bert = join(meeting, 'bert', { audio: 4, video: 0 });
  t.equal(meeting.room.shard, 0);
  t.same([anna.shard, bert.shard], [1, 0]);
  await publish(anna);
  await acceptOffer(bert);
  t.same(relaysOf(meeting), ['audio 1 → 0']);
  t.equal(join(meeting, 'dora', { audio: 0, video: 0 }).shard, 1);
  const cleo = join(meeting, 'cleo');
  t.equal(cleo.shard, 0);
  await acceptOffer(cleo);
  t.same(relaysOf(meeting), ['audio 1 → 0', 'video 1 → 0']);
  const created = of(meeting, 'subscriptionCreate');
  for (const { subscription, publication, outbound } of created) {
    t.equal(shardOf(publication), shardOf(subscription));
    t.equal(shardOf(outbound), shardOf(subscription));
  }
  cleo.close();
  await settle();
  t.same(relaysOf(meeting), ['audio 1 → 0'], 'nobody there looks any more');
  t.same(meeting.refused, []);
  anna.close();
  await settle();
  t.same(relaysOf(meeting), []);
  t.same(meeting.refused, []);
});

t.test('sound of earlier publications follows the first on another shard', async (t) => {
  const meeting = openMeeting(2);
  const first = join(meeting, 'anna');
  await publish(first, [MICROPHONE]);
  await settle();
  t.same(relaysOf(meeting), ['audio 1 → 0'], 'the home hears everybody');
  const bert = join(meeting, 'bert');
  await publish(bert, [MICROPHONE]);
  await settle();
  t.equal(bert.shard, 0);
  t.same(relaysOf(meeting), ['audio 1 → 0', 'audio 0 → 1']);
  first.close();
  await settle();
  t.same(relaysOf(meeting), [], 'nobody is left there, nor anything from there');
  const cleo = join(meeting, 'cleo');
  await settle();
  t.equal(cleo.shard, 1);
  t.same(relaysOf(meeting), ['audio 0 → 1']);
  t.equal(of(meeting, 'roomCreate').length, 2, 'the room was still there');
  t.same(meeting.refused, []);
});

t.test('one room object a shard, one home; all end with the room', async (t) => {
  const meeting = openMeeting(3);
  const people = ['anna', 'bert', 'cleo', 'dora'].map((id) => join(meeting, id));
  for (const person of people) await publish(person);
  for (const person of people) await acceptOffer(person);
  await settle();
  t.same(
    of(meeting, 'roomCreate').map(({ room, isHome }) => [shardOf(room), isHome]),
    [
      [0, true],
      [1, false],
      [2, false],
    ],
  );
  meeting.room.close();
  await settle();
  t.same(
    of(meeting, 'roomClose')
      .map(({ room }) => shardOf(room))
      .sort(),
    [0, 1, 2],
  );
  t.same(relaysOf(meeting), []);
  t.same(meeting.refused, []);
});

t.test('speakers are known by what the home calls them', async (t) => {
  const meeting = openMeeting(2);
  const anna = join(meeting, 'anna');
  await publish(anna, [MICROPHONE, CAMERA]);
  await settle();
  const [relayed] = of(meeting, 'relayedPublicationCreate');
  const [room] = of(meeting, 'roomCreate');
  const heard: unknown[] = [];
  meeting.room.on('speakers', (speakers) => heard.push(speakers));
  const publication = relayed?.publication as Handle;
  meeting.engine.emit({
    type: 'audioLevels',
    room: room?.room as Handle,
    dominant: publication,
    levels: [{ publication, level: 20, active: true }],
  });
  await settle();
  t.match(heard, [{ dominant: 'anna', items: [{ participantId: 'anna' }] }]);
});

t.test('small rooms stay on one shard', async (t) => {
  const { room } = openMeeting(1);
  for (let i = 0; i < 5; i++) t.equal(room.addParticipant({ id: `${i}` }).shard, room.shard);
});
