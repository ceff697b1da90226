import { join } from 'node:path';
import type { Test } from 'tap';
import type { ManifestLine, RecordedFile } from '../../../recorder/src/index.js';
import { dayOf, systemIds } from '../ids.js';
import type { CreatedMeeting } from '../schemas/http.js';
import type { Database } from '../store/database.js';
import { FileObjects } from '../store/file-objects.js';
import type { Objects } from '../store/objects.js';
import { ScriptedRecorders, storedStatus, storeFile } from './scripted-recorders.js';
import { post } from './test-client.js';
import { TestClock } from './test-clock.js';
import { type SomeConfig, type TestControl, testControl } from './test-control.js';
import { testFolder } from './test-database.js';
import { type TestAccount, testAccount } from './test-principals.js';

/** A recording that a test wrote. */
export interface TestRecording {
  recordingId: string;
  meetingId: string;
  roomId: string;
}

export interface RecordingStageOptions {
  config?: SomeConfig;
  objects?: Objects;
  log?: (line: string) => void;
}

/** Control with recorders of which the test says everything, files in a folder, and a clock that stands still. */
export class RecordingStage {
  readonly clock = new TestClock();
  readonly recorders = new ScriptedRecorders();
  readonly ids = systemIds(this.clock);
  control!: TestControl;
  owner!: TestAccount;

  private constructor(readonly objects: Objects) {}

  static async open(
    t: Test,
    database: Database,
    options: RecordingStageOptions = {},
  ): Promise<RecordingStage> {
    const objects = options.objects ?? new FileObjects(join(testFolder(t), 'objects'));
    const stage = new RecordingStage(objects);
    const { clock, recorders } = stage;
    stage.control = await testControl(t, database, { ...options, objects, clock, recorders });
    stage.owner = await testAccount(stage.control);
    stage.control.services.kept.start();
    return stage;
  }

  get database(): Database {
    return this.control.database;
  }

  /** Of the owner, with a room that is open. */
  async meeting(): Promise<{ meetingId: string; roomId: string }> {
    const { origin, services } = this.control;
    const made = await post(`${origin}/v1/meetings`, { title: 'Tea' }, this.owner.cookie);
    const { meeting } = (await made.json()) as CreatedMeeting;
    const room = await services.rooms.open(meeting.meeting_id);
    return { meetingId: meeting.meeting_id, roomId: room.key.roomId };
  }

  /** A row as the room writes it. */
  async recording(
    room: { meetingId: string; roomId: string },
    some: { status?: string; take?: number; recorderId?: string; earlier?: string[] } = {},
  ): Promise<TestRecording> {
    const recordingId = this.ids.next();
    const { status = 'processing', take = 1, recorderId, earlier = [] } = some;
    const takeRecorders = recorderId === undefined ? [] : [...earlier, recorderId];
    const now = this.clock.now();
    await this.database.query(
      `insert into recordings (meeting_id, recording_id, room_id, title, status, consent, take,
         recorder_id, started_at, stopped_at, created_at, take_recorders)
       values ($1, $2, $3, 'Tea', $4, 'inform', $5, $6, $7, $8, $7, $9)`,
      [
        ...[room.meetingId, recordingId, room.roomId, status, take, recorderId ?? null],
        ...[new Date(now - 20_000), status === 'processing' ? new Date(now) : null],
        takeRecorders,
      ],
    );
    return { recordingId, ...room };
  }

  /** A take as a recorder stores it: a picture and a manifest. */
  async files(
    { recordingId, meetingId, roomId }: TestRecording,
    { take = 1, lines = [] }: { take?: number; lines?: ManifestLine[] } = {},
  ): Promise<RecordedFile[]> {
    const folder = `recordings/${recordingId}/${take}`;
    const [fileId, manifestId] = [this.ids.next(), this.ids.next()];
    const first: ManifestLine = {
      ...{ type: 'recording', version: 1, recording_id: recordingId, meeting_id: meetingId },
      ...{ room_id: roomId, title: 'Tea', started_at: '2026-01-01T00:00:00Z', consent: 'inform' },
    };
    const all = [first, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('');
    return [
      await storeFile(this.objects, Buffer.from(`picture of take ${take}`), {
        ...{ fileId, key: `${folder}/${fileId}.webm`, kind: 'track', trackId: this.ids.next() },
        ...{ participantId: this.ids.next(), source: 'camera', codec: 'vp8' },
      }),
      await storeFile(this.objects, Buffer.from(all), {
        ...{ fileId: manifestId, key: `${folder}/manifest.jsonl`, kind: 'manifest' },
      }),
    ];
  }

  /** One that has ended and is stored. */
  async ready(
    lines: ManifestLine[] = [],
    room?: Pick<TestRecording, 'meetingId' | 'roomId'>,
  ): Promise<TestRecording & { files: RecordedFile[] }> {
    const recording = await this.recording(room ?? (await this.meeting()));
    const files = await this.files(recording, { lines });
    const recorder = this.recorders.all[0] ?? this.recorders.add(this.ids.next());
    const { recordingId, meetingId } = recording;
    const status = storedStatus({ recordingId, meetingId }, { files });
    this.recorders.says(recorder, { type: 'recording', status });
    await this.control.services.kept.keeper.settled();
    return { ...recording, files };
  }

  /** A public message of a room, as the chat keeps it. @returns its id. */
  async message({ meetingId, roomId }: Pick<TestRecording, 'meetingId' | 'roomId'>) {
    const messageId = this.ids.next();
    await this.database.query(
      `insert into messages (day, meeting_id, message_id, room_id, participant_id, from_name, content, sent_at)
       values ($1, $2, $3, $4, $5, 'Ada', 'as it was written', now())`,
      [dayOf(messageId), meetingId, messageId, roomId, this.ids.next()],
    );
    return messageId;
  }

  /** Moves the clock, and waits until all that is due then is done. */
  async pass(milliseconds = 0): Promise<void> {
    const { keeper, renderQueue, remover } = this.control.services.kept;
    this.clock.advance(milliseconds);
    for (const one of [keeper, renderQueue, remover]) {
      one.poke();
      await one.settled();
    }
  }

  /** Of the row. */
  async row({
    recordingId,
  }: {
    recordingId: string;
  }): Promise<Record<string, unknown> | undefined> {
    const rows = await this.database.query('select * from recordings where recording_id = $1', [
      recordingId,
    ]);
    return rows[0];
  }

  /** Types of the events in the room's log that tell of the recording. */
  async events({ recordingId }: { recordingId: string }): Promise<string[]> {
    const rows = await this.database.query<{ type: string }>(
      `select type from events where payload->>'recording_id' = $1 order by seq`,
      [recordingId],
    );
    return rows.map(({ type }) => type);
  }
}
