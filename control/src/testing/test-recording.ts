import type { Test } from 'tap';
import { type Clock, systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import type { RecordingState } from '../schemas/values.js';
import type { Database } from '../store/database.js';
import { createMeeting, enter, type TestClient, type TestMeeting } from './test-client.js';
import { type TestControl, type TestControlOptions, testControl } from './test-control.js';
import { TestRecorder, TestRecorders } from './test-recorders.js';
import { eventually } from './test-redis.js';

const ids = systemIds(systemClock);

export interface RecordedControl extends TestControl {
  recorder: TestRecorder;
  recorders: TestRecorders;
}

/** Control with one recorder, and the more a test lets come. */
export async function recordedControl(
  t: Test,
  database: Database,
  options: TestControlOptions & { clock?: Clock } = {},
): Promise<RecordedControl> {
  const recorder = new TestRecorder(ids.next());
  const recorders = new TestRecorders(recorder);
  const control = await testControl(t, database, { ...options, recorders });
  control.services.kept.start();
  t.teardown(() => control.services.kept.stop());
  return { ...control, recorder, recorders };
}

export function anotherRecorder(): TestRecorder {
  return new TestRecorder(ids.next());
}

export type Rule = 'inform' | 'ask_each' | 'all_must_accept';

/** A live meeting with its host. */
export async function meetingWith(
  origin: string,
  consent: Rule = 'inform',
  auto = false,
): Promise<{ meeting: TestMeeting; host: Awaited<ReturnType<typeof enter>> }> {
  const meeting = await createMeeting(origin, { policy: { recording: { consent, auto } } });
  return { meeting, host: await enter(origin, meeting, { host: true, name: 'Host' }) };
}

/** The newest state that a client was told; waits until it is this one. */
export async function shown(
  client: TestClient,
  state: RecordingState['state'],
): Promise<RecordingState> {
  return eventually(`${state} is shown`, async () => {
    const last = client.ofType('recording.state').at(-1)?.d;
    return last?.state === state ? last : undefined;
  });
}

/** As it is written. */
export async function rowOf(database: Database, recordingId: string) {
  const [row] = await database.query<{
    status: string;
    is_paused: boolean;
    reason: string | null;
    take: number;
    recorder_id: string | null;
    recorded_ms: string;
    started_at: Date | null;
    stopped_at: Date | null;
  }>('select * from recordings where recording_id = $1', [recordingId]);
  return row;
}

/** Of one recording, by name. */
export async function answersOf(database: Database, recordingId: string) {
  const rows = await database.query<{ name: string; accepted: boolean | null }>(
    'select name, accepted from recording_consents where recording_id = $1 order by asked_at, name',
    [recordingId],
  );
  return Object.fromEntries(rows.map(({ name, accepted }) => [name, accepted]));
}

/** They are written a moment after everybody knows. */
export async function answersAre(
  t: Test,
  { database, recordingId }: { database: Database; recordingId: string },
  wanted: Record<string, boolean | null>,
): Promise<void> {
  const isIt = (all: Record<string, boolean | null>) =>
    Object.entries(wanted).every(([name, answer]) => all[name] === answer);
  const written = await eventually('the answers are written', async () => {
    const all = await answersOf(database, recordingId);
    return isIt(all) ? all : undefined;
  });
  t.same(written, wanted);
}

export async function eventTypes(database: Database, meetingId: string): Promise<string[]> {
  const rows = await database.query<{ type: string }>(
    `select type from events where meeting_id = $1
       and (type like 'recording.%' or type like 'consent.%' or type like 'disk.%') order by seq`,
    [meetingId],
  );
  return rows.map(({ type }) => type);
}

/** Of recordings, in their order; the last ones may be written a moment after everybody knows. */
export async function eventsAre(
  t: Test,
  { database, meetingId }: { database: Database; meetingId: string },
  wanted: readonly string[],
): Promise<void> {
  const written = await eventually('the events are written', async () => {
    const types = await eventTypes(database, meetingId);
    return types.length >= wanted.length ? types : undefined;
  });
  t.same(written, wanted);
}
