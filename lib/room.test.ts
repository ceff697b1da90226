import t from 'tap';
import type { Handle } from './engine/handle.js';
import { CAMERA, join, MICROPHONE, openMeeting, publish, settle } from './testing/meeting.js';

function audioHandles(commands: readonly { type: string }[]): Handle[] {
  return commands.flatMap((command) =>
    command.type === 'publicationCreate' && 'kind' in command && command.kind === 'audio'
      ? [(command as unknown as { publication: Handle }).publication]
      : [],
  );
}

t.test('speakers: participants, not publications', async (t) => {
  const meeting = openMeeting();
  const { engine, room } = meeting;
  await publish(join(meeting, 'anna'), [MICROPHONE]);
  await publish(join(meeting, 'bert'), [MICROPHONE]);
  const [anna, bert] = audioHandles(engine.commands) as [Handle, Handle];
  const heard: unknown[] = [];
  room.on('speakers', (speakers) => heard.push(speakers));
  const handle = engine.commands.flatMap((item) =>
    item.type === 'roomCreate' ? item.room : [],
  )[0];
  engine.emit({
    type: 'audioLevels',
    room: handle as Handle,
    dominant: bert,
    levels: [
      { publication: anna, level: 90, active: false },
      { publication: bert, level: 30, active: true },
      { publication: 77 as Handle, level: 1, active: true },
    ],
  });
  await settle();
  t.same(heard, [
    {
      items: [
        { participantId: 'anna', level: 90, active: false },
        { participantId: 'bert', level: 30, active: true },
      ],
      dominant: 'bert',
    },
  ]);
});

t.test('muted by the participant or by a host: both must be off', async (t) => {
  const meeting = openMeeting();
  const { publications } = await publish(join(meeting, 'anna'), [MICROPHONE]);
  const publication = publications[0]?.publication;
  const changes: boolean[] = [];
  meeting.room.on('publicationUpdated', ({ muted }) => changes.push(muted));
  publication?.setMuted(true, 'host');
  publication?.setMuted(true);
  publication?.setMuted(false);
  t.equal(publication?.muted, true);
  publication?.setMuted(false, 'host');
  t.same(changes, [true, false]);
  await settle();
  const sent = meeting.engine.commands.flatMap((command) =>
    command.type === 'publicationSet' ? command.muted : [],
  );
  t.same(sent, [true, false]);
});

t.test('the first packet corrects the codec', async (t) => {
  const meeting = openMeeting();
  const { publications } = await publish(join(meeting, 'anna'), [CAMERA]);
  const create = meeting.engine.commands.find(({ type }) => type === 'publicationCreate');
  const publication = create?.type === 'publicationCreate' ? create.publication : (0 as Handle);
  const started = {
    type: 'streamStarted',
    publication,
    encoding: 0,
    ssrc: 1,
    payloadType: 98,
  } as const;
  meeting.engine.emit({ ...started, codec: 'vp9' }, { ...started, codec: 'unknown' });
  await settle();
  t.equal(publications[0]?.publication.codec, 'vp9');
});

t.test('key frames are asked of video only', async (t) => {
  const meeting = openMeeting();
  const { publications } = await publish(join(meeting, 'anna'), [MICROPHONE, CAMERA]);
  for (const { publication } of publications) publication.requestKeyFrame();
  await settle();
  const asked = meeting.engine.commands.filter(({ type }) => type === 'publicationRequestKeyFrame');
  t.equal(asked.length, 1);
});

t.test('leaving ends everything, from the inside to the outside', async (t) => {
  const meeting = openMeeting();
  const anna = join(meeting, 'anna');
  await publish(anna);
  const bert = join(meeting, 'bert');
  await settle();
  const seen: string[] = [];
  meeting.room.on('publicationRemoved', ({ cid }, reason) => seen.push(`${cid} ${reason}`));
  meeting.room.on('participantLeft', ({ id }) => seen.push(`${id} left`));
  anna.on('close', () => seen.push('closed'));
  anna.close();
  anna.close();
  t.same(seen, ['mic left', 'cam left', 'anna left', 'closed']);
  t.equal(bert.subscriptions.size, 0);
  t.notOk(meeting.room.participants.has('anna'));
  await settle();
  t.same(meeting.refused, [], 'every handle was still there when it was closed');
  t.throws(() => anna.subscribe('x'), { code: 'closed' });
});

t.test('closing the room', async (t) => {
  const meeting = openMeeting();
  const { room, node } = meeting;
  await publish(join(meeting, 'anna'));
  const reasons: string[] = [];
  room.on('publicationRemoved', (_, reason) => reasons.push(reason));
  room.close();
  room.close();
  t.same(reasons, ['room_closed', 'room_closed']);
  t.equal(node.rooms.size, 0);
  t.throws(() => room.addParticipant({ id: 'bert' }), { code: 'closed' });
  await settle();
  t.same(meeting.refused, []);
  t.ok(node.createRoom({ id: 'room' }), 'the id is free again');
});

t.test('ids and slots are checked', async (t) => {
  const { room } = openMeeting();
  room.addParticipant({ id: 'anna' });
  t.throws(() => room.addParticipant({ id: 'anna' }), { code: 'conflict' });
  t.throws(() => room.addParticipant({ id: '' }), { code: 'bad_request' });
  for (const slots of [
    { audio: -1, video: 0 },
    { audio: 0, video: 65 },
    { audio: 0.5, video: 0 },
  ]) {
    t.throws(() => room.addParticipant({ id: 'bert', slots }), { code: 'bad_request' });
  }
});

t.test('the three loudest are forwarded, what a screen plays besides', async (t) => {
  const meeting = openMeeting();
  await publish(join(meeting, 'anna'), [MICROPHONE]);
  await publish(join(meeting, 'bert'), [{ ...MICROPHONE, source: 'screen_audio' }]);
  await settle();
  const { commands } = meeting.engine;
  t.match(
    commands.find(({ type }) => type === 'roomCreate'),
    { loudest: 3, gateSilence: true },
  );
  const always = commands.flatMap((command) =>
    command.type === 'publicationCreate' ? command.alwaysForwarded : [],
  );
  t.same(always, [false, true]);
});
