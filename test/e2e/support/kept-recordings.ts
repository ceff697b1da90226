/**
 * Recordings that nobody made, put where a recorder and control leave them: rows in the database of a
 * Plenum, files in its folder of objects. What the pages show of them they ask for as of any other.
 */
import { createHash, randomUUID } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Test } from 'tap';
import { systemClock } from '../../../control/src/clock.js';
import {
  type FileRecord,
  insertFiles,
} from '../../../control/src/domains/recordings/repository.js';
import { systemIds } from '../../../control/src/ids.js';
import type { Recording } from '../../../control/src/schemas/http.js';
import { Database } from '../../../control/src/store/database.js';
import { FileObjects } from '../../../control/src/store/file-objects.js';
import { clusterPort, clusterUser, pathsIn } from '../../../control/src/store/postgres-cluster.js';
import type { ManifestLine } from '../../../recorder/src/index.js';
import { linesOf, type SampleFile, writeManifest } from '../../../recorder/src/render/sample.js';
import type { Plenum } from './plenum.js';

/** A track whose file is there already, or a composite. */
export type KeptFile =
  | { path: string; track: SampleFile }
  | { path: string; layout: 'gallery'; toMs: number };

export interface RecordingWish {
  meetingId: string;
  title: string;
  /** Default `ready`. */
  status?: Recording['status'];
  reason?: string;
  recordedMs?: number;
  files?: readonly KeptFile[];
  /** Besides those of the tracks. */
  lines?: readonly ManifestLine[];
}

export class KeptRecordings {
  private readonly ids = systemIds(systemClock);
  private readonly objects: FileObjects;

  private constructor(
    readonly database: Database,
    private readonly folder: string,
  ) {
    this.objects = new FileObjects(join(folder, 'objects'));
  }

  static of(t: Test, { dataFolder }: Plenum): KeptRecordings {
    const { socket: host } = pathsIn(resolve(dataFolder, 'postgres'));
    const place = { host, port: clusterPort, user: clusterUser, database: 'postgres' };
    const database = new Database(place, { connections: 1 });
    t.teardown(() => database.close());
    return new KeptRecordings(database, dataFolder);
  }

  /** @returns its id. */
  async keep(wish: RecordingWish): Promise<string> {
    const { files = [], lines = [], recordedMs = 0, status = 'ready', reason = null } = wish;
    const recordingId = this.ids.next();
    const records = await Promise.all(files.map((file) => this.stored(recordingId, file)));
    if (files.length > 0) records.push(await this.manifest(recordingId, files, lines));
    const now = new Date(systemClock.now());
    const isOver = status === 'ready' || status === 'failed';
    await this.database.query(
      `insert into recordings (meeting_id, recording_id, room_id, title, status, reason, consent,
         take, started_at, stopped_at, recorded_ms, size_bytes, stored_takes, created_at)
       values ($1, $2, $3, $4, $5, $6, 'ask_each', 1, $7, $8, $9, $10, $11, $12)`,
      [
        ...[wish.meetingId, recordingId, this.ids.next(), wish.title, status, reason],
        ...[status === 'waiting_consent' ? null : now, isOver ? now : null, recordedMs],
        ...[records.reduce((sum, { bytes }) => sum + bytes, 0), isOver ? [1] : [], now],
      ],
    );
    await insertFiles(this.database, recordingId, records, now);
    return recordingId;
  }

  /** Somebody's answer; null: none yet. */
  async consent(recordingId: string, name: string, accepted: boolean | null): Promise<void> {
    const now = new Date(systemClock.now());
    await this.database.query(
      `insert into recording_consents (recording_id, participant_id, name, accepted, text_version,
         asked_at, answered_at) values ($1, $2, $3, $4, '1', $5, $6)`,
      [recordingId, this.ids.next(), name, accepted, now, accepted === null ? null : now],
    );
  }

  private async manifest(
    recordingId: string,
    files: readonly KeptFile[],
    lines: readonly ManifestLine[],
  ): Promise<FileRecord> {
    const tracks = files.flatMap((file) => ('track' in file ? linesOf(file.track) : []));
    await writeManifest(this.folder, [...lines, ...tracks]);
    const path = join(this.folder, 'manifest.jsonl');
    return this.put(path, {
      ...{ fileId: randomUUID(), key: `recordings/${recordingId}/1/manifest.jsonl` },
      ...{ kind: 'manifest', contentType: 'application/jsonl', startMs: 0, endMs: 0 },
    });
  }

  private stored(recordingId: string, file: KeptFile): Promise<FileRecord> {
    const folder = `recordings/${recordingId}`;
    if ('layout' in file) {
      const fileId = randomUUID();
      return this.put(file.path, {
        ...{ fileId, key: `${folder}/${fileId}-1.mp4`, take: null, kind: 'composite' },
        ...{ layout: file.layout, contentType: 'video/mp4', startMs: 0, endMs: file.toMs },
      });
    }
    const { fileId, participantId, source, codec, spans } = file.track;
    return this.put(file.path, {
      ...{ fileId, key: `${folder}/1/${fileId}.webm`, kind: 'track', trackId: `track-${fileId}` },
      ...{ participantId, source, codec, startMs: spans[0]?.from ?? 0 },
      contentType: codec === 'opus' ? 'audio/webm' : 'video/webm',
      endMs: spans.at(-1)?.to ?? 0,
    });
  }

  private async put(path: string, file: Given): Promise<FileRecord> {
    const { size: bytes } = await stat(path);
    const sha256 = createHash('sha256')
      .update(await readFile(path))
      .digest('hex');
    await this.objects.putFile(file.key, { path, bytes, sha256, contentType: file.contentType });
    return { take: 1, codec: null, layout: null, bytes, sha256, ...ofNobody, ...file };
  }
}

const ofNobody = { trackId: null, participantId: null, source: null };
type Given = Pick<FileRecord, 'fileId' | 'key' | 'kind' | 'contentType' | 'startMs' | 'endMs'> &
  Partial<FileRecord>;
