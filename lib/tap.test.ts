import t from 'tap';
import type { TapCreateCommand, TappedPacketEvent } from './engine/contract.gen.js';
import type { FakeEngine } from './engine/fake-engine.js';
import type { Handle } from './engine/handle.js';
import type { TappedPacket } from './tap.js';
import { CAMERA, join, MICROPHONE, openMeeting, publish, settle } from './testing/meeting.js';

const THREE = { ...CAMERA, mid: '0', encodings: ['q', 'h', 'f'].map((rid) => ({ rid })) };

function tapsOf({ commands }: FakeEngine): TapCreateCommand[] {
  return commands.flatMap((command) => (command.type === 'tapCreate' ? command : []));
}

function packetOf(subscription: Handle, sequence: number): TappedPacketEvent {
  return {
    ...{ type: 'tappedPacket', subscription, sequence, timestamp: 960 * sequence },
    ...{ arrivedUs: 1_000_000 + 20_000 * sequence, marker: sequence === 0, codec: 'opus' },
    ...{ capturedUs: sequence === 0 ? Number.NaN : 1_000_000, payload: Uint8Array.of(sequence) },
  };
}

t.test('what comes together is handed on together', async (t) => {
  const meeting = openMeeting();
  const { engine, room } = meeting;
  const { publications } = await publish(join(meeting, 'anna'), [MICROPHONE]);
  const id = publications[0]?.publication.id as string;
  t.throws(() => room.tap('none'), { code: 'unknown_publication' });
  const tap = room.tap(id);
  t.equal(tap.publicationId, id);
  const heard: (readonly TappedPacket[])[] = [];
  tap.on('packets', (packets) => heard.push(packets));
  await settle();
  const [{ subscription, codecs } = { subscription: 0 as Handle, codecs: [] }] = tapsOf(engine);
  t.notOk(
    codecs.some(({ codec }) => codec === 'red'),
    'redundancy is taken apart before',
  );
  t.ok(codecs.some(({ codec }) => codec === 'opus'));
  engine.emit(packetOf(subscription, 0), packetOf(subscription, 1));
  await settle();
  engine.emit({ type: 'tapOverflow', subscription, packets: 3 }, packetOf(subscription, 5));
  await settle();
  t.same(
    heard.map((packets) => packets.map(({ sequence }) => sequence)),
    [[0, 1], [5]],
  );
  t.match(heard[0]?.[0], { timestamp: 0, marker: true, codec: 'opus', capturedUs: null });
  t.match(heard[0]?.[1], { timestamp: 960, marker: false, capturedUs: 1_000_000 });
  t.equal(tap.dropped, 3);
  t.same(meeting.refused, []);
});

t.test('closed by its owner: nothing comes any more', async (t) => {
  const meeting = openMeeting();
  const { engine, room } = meeting;
  const { publications } = await publish(join(meeting, 'anna'), [MICROPHONE]);
  const tap = room.tap(publications[0]?.publication.id as string);
  const words: string[] = [];
  tap.on('packets', () => words.push('packets'));
  tap.on('close', () => words.push('close'));
  await settle();
  const subscription = tapsOf(engine)[0]?.subscription as Handle;
  engine.emit(packetOf(subscription, 0));
  tap.close();
  tap.close();
  await settle();
  t.same(words, ['close']);
  t.throws(() => tap.requestKeyFrame(), { code: 'closed' });
  t.ok(engine.commands.some(({ type }) => type === 'subscriptionClose'));
  room.close();
  t.throws(() => room.tap('any'), { code: 'closed' });
  t.same(meeting.refused, []);
});

t.test('the publication ends: its last packets come before the close', async (t) => {
  const meeting = openMeeting();
  const { engine, room } = meeting;
  const { publications } = await publish(join(meeting, 'anna'), [MICROPHONE]);
  const publication = publications[0]?.publication;
  const tap = room.tap(publication?.id as string);
  const words: string[] = [];
  tap.on('packets', (packets) => words.push(`packets ${packets.length}`));
  tap.on('close', () => words.push('close'));
  await settle();
  const subscription = tapsOf(engine)[0]?.subscription as Handle;
  engine.emit(packetOf(subscription, 0), packetOf(subscription, 1));
  publication?.close();
  t.throws(() => tap.requestKeyFrame(), { code: 'closed' });
  await settle();
  t.same(words, ['packets 2', 'close']);
  t.same(meeting.refused, []);
});

t.test('a tap is somebody who can use all of a picture', async (t) => {
  const meeting = openMeeting();
  const { room, clock } = meeting;
  const anna = join(meeting, 'anna');
  const { publications } = await publish(anna, [THREE], 1, 'chromium-offer-simulcast');
  const camera = publications[0]?.publication;
  const isActive = () => camera?.demand.map(({ active }) => active);
  const all = isActive()?.map(() => true);
  t.ok((all?.length ?? 0) > 1, 'simulcast');
  await clock.pass(10_000);
  t.same(
    isActive(),
    all?.map(() => false),
    'nobody can use it',
  );
  const tap = room.tap(camera?.id as string);
  t.same(isActive(), all);
  tap.close();
  await clock.pass(10_000);
  t.same(
    isActive(),
    all?.map(() => false),
  );
  t.same(meeting.refused, []);
});

t.test('of a participant on another shard: at the home of the room', async (t) => {
  const meeting = openMeeting(2);
  const { engine, room } = meeting;
  const people = ['anna', 'bert', 'carl'].map((id) => join(meeting, id));
  const far = people.find(({ shard }) => shard !== room.shard);
  if (!far) throw new Error('all on one shard');
  const { publications } = await publish(far, [CAMERA]);
  const camera = publications[0]?.publication;
  const tap = room.tap(camera?.id as string);
  await settle();
  const relayed = engine.commands.flatMap((command) =>
    command.type === 'relayedPublicationCreate' ? command.publication : [],
  );
  t.ok(relayed.includes(tapsOf(engine)[0]?.publication as Handle), 'what is relayed to it');
  tap.close();
  camera?.close();
  await settle();
  t.same(meeting.refused, []);
});
