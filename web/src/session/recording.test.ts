import t from 'tap';
import type { RecordingState, ServerMessage, ServerPayloads } from '../../../client/src/index.js';
import { ProtocolError } from '../../../client/src/index.js';
import type { Command } from './moderation.js';
import {
  mayChangeConsent,
  notRecorded,
  type RoomRecording,
  recordingAfter,
  recordingAnswered,
  recordingNews,
} from './recording.js';
import { RecordingControls } from './recording-controls.js';
import { roomAfter, roomOfJoined } from './room-state.js';

const since = '2026-11-27T00:00:00.000Z';

function state<Is extends RecordingState['state']>(is: Is, recording_id = 'r', reason?: string) {
  const made = { recording_id, state: is, since, ...(reason === undefined ? {} : { reason }) };
  return made as RecordingState & { state: Is };
}

function told(t: string, d: object): ServerMessage {
  return { t, d, seq: 1 } as unknown as ServerMessage;
}

const asks = (recording_id = 'r') =>
  told('recording.consent_request', { recording_id, policy: 'ask_each', text_version: '1' });

function after(...messages: ServerMessage[]): RoomRecording {
  return messages.reduce(recordingAfter, notRecorded);
}

t.test('a question stays until it is answered or the recording is over', (t) => {
  const asked = after(told('recording.state', state('waiting_consent')), asks());
  t.match(asked, { state: { state: 'waiting_consent' }, question: { recording_id: 'r' } });
  const going = recordingAfter(asked, told('recording.state', state('recording')));
  t.match(going, { state: { state: 'recording' }, question: { recording_id: 'r' } }, 'late joiner');
  t.notOk(mayChangeConsent(going));
  const over = recordingAfter(going, told('recording.state', state('stopped')));
  t.same(over, { state: null, accepted: undefined });
  const answered = recordingAnswered(going, 'r', false);
  t.match(answered, { question: undefined, accepted: false });
  t.ok(mayChangeConsent(answered));
  t.match(recordingAnswered(going, 'other', true), { question: { recording_id: 'r' } });
  t.match(recordingAfter(answered, asks('next')), {
    ...{ question: { recording_id: 'next' }, accepted: undefined },
  });
  t.end();
});

t.test('a question may come before the state of its recording', (t) => {
  const asked = after(asks(), told('recording.state', state('waiting_consent')));
  t.match(asked, { question: { recording_id: 'r' }, state: { state: 'waiting_consent' } });
  t.end();
});

t.test('a snapshot brings the state; what was answered here is kept', (t) => {
  const seat = (recording: RecordingState | null, resumed = false) =>
    ({ resumed, snapshot: resumed ? undefined : { recording } }) as ServerPayloads['joined'];
  const entered = roomOfJoined(undefined, seat(state('recording')));
  t.match(entered.recording, { state: { state: 'recording' } });
  const asked = roomAfter(entered, asks());
  t.match(asked.recording, { question: { recording_id: 'r' } });
  t.equal(roomOfJoined(asked, seat(null, true)).recording, asked.recording, 'resumed: as it was');
  const answered = { ...asked, recording: recordingAnswered(asked.recording, 'r', true) };
  const again = roomOfJoined(answered, seat(state('paused')));
  t.match(again.recording, { state: { state: 'paused' }, accepted: true });
  const over = roomOfJoined(asked, seat(null));
  t.same(over.recording.question, undefined, 'it ended meanwhile');
  t.equal(over.recording.state, null);
  t.end();
});

t.test('what is news, and what is not', (t) => {
  const steps: [RecordingState | null, RecordingState, string | undefined][] = [
    [null, state('waiting_consent'), 'waiting'],
    [state('waiting_consent'), state('starting'), undefined],
    [state('starting'), state('recording'), 'started'],
    [state('recording'), state('recording'), undefined],
    [state('recording'), state('paused'), 'paused'],
    [state('paused'), state('recording'), 'resumed'],
    [state('recording'), state('degraded', 'r', 'disk_low'), 'degraded'],
    [state('degraded', 'r', 'disk_low'), state('degraded', 'r', 'disk_low'), undefined],
    [state('degraded', 'r', 'disk_low'), state('degraded', 'r', 'disk_full'), 'degraded'],
    [state('degraded', 'r', 'disk_full'), state('recording'), 'recovered'],
    [state('starting'), state('degraded', 'r', 'disk_low'), 'started'],
    [state('recording'), state('stopped'), 'stopped'],
    [null, state('stopped'), undefined],
    [state('starting'), state('failed'), 'failed'],
  ];
  for (const [before, now, news] of steps) {
    t.equal(recordingNews(before, now), news, `${before?.state} → ${now.state}`);
  }
  t.end();
});

function controls(recording: RoomRecording) {
  const sent: [string, object][] = [];
  const refusals: unknown[] = [];
  const room = { recording, refuse: undefined as ProtocolError | undefined };
  const command = (async (type: string, d: object) => {
    sent.push([type, d]);
    if (room.refuse) throw room.refuse;
    return {};
  }) as unknown as Command;
  const made = new RecordingControls({
    command,
    refused: (error) => refusals.push(error),
    recording: () => room.recording,
    change: (changed) => {
      room.recording = changed;
    },
  });
  return { sent, refusals, room, controls: made };
}

t.test('hosts start, pause, go on and stop; the key asks before it stops', (t) => {
  const { controls: made, sent, room } = controls(notRecorded);
  made.pause();
  made.stop();
  t.same(sent, [], 'there is none');
  let asked = 0;
  const toggle = () => made.toggle(() => asked++);
  toggle();
  for (const is of ['starting', 'recording', 'paused', 'degraded'] as const) {
    room.recording = { state: state(is) };
    toggle();
  }
  made.pause();
  made.stop();
  t.equal(asked, 2);
  t.same(sent, [
    ['recording.start', {}],
    ['recording.start', {}],
    ['recording.pause', { recording_id: 'r' }],
    ['recording.stop', { recording_id: 'r' }],
  ]);
  t.end();
});

t.test(
  'an answer counts at once, can be changed, and is open again when it is refused',
  async (t) => {
    const {
      controls: made,
      sent,
      refusals,
      room,
    } = controls(after(told('recording.state', state('recording')), asks()));
    room.refuse = new ProtocolError('dependency_down', '');
    const answer = made.answer(true);
    t.match(room.recording, { question: undefined, accepted: true });
    await answer;
    t.match(room.recording, { question: { recording_id: 'r' }, accepted: undefined });
    t.equal(refusals.length, 1);
    room.refuse = undefined;
    await made.answer(true);
    await made.answer(false);
    t.match(room.recording, { question: undefined, accepted: false });
    const consent = (accept: boolean) => ['recording.consent', { recording_id: 'r', accept }];
    t.same(sent, [consent(true), consent(true), consent(false)]);
  },
);
