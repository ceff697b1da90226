import type { Readable } from 'node:stream';
import { type Clock, isoTime } from '../../clock.js';
import { ControlError } from '../../control-error.js';
import { isUuid } from '../../ids.js';
import type { KeyRing } from '../../keys/key-ring.js';
import type { FileUrl } from '../../schemas/http.js';
import type { SecurityLog } from '../../security-log.js';
import type { Database } from '../../store/database.js';
import type { ByteRange, Objects } from '../../store/objects.js';
import { dispositionOf } from './disposition.js';
import type { PlayableFile, RecordingKey, RecordingRecord } from './repository.js';
import * as repository from './repository.js';

/** As short as a seek needs: whoever plays for longer asks again. */
export const lifeMs = 5 * 60_000;
const context = 'recording file';

export interface FileUrlsContext {
  database: Database;
  objects: Objects;
  keys: KeyRing;
  clock: Clock;
  security: SecurityLog;
}

/** What an address of ours says: sealed, so that nobody makes or changes one. */
interface Ticket extends RecordingKey {
  fileId: string;
  isDownload: boolean;
  /** Milliseconds since 1970. */
  expiresAt: number;
}

/** A file as it is sent. */
export interface ServedFile {
  file: PlayableFile;
  disposition: string;
}

export interface FileWish {
  isDownload: boolean;
  /** What our own addresses begin with. */
  origin: string;
  /** Null: asked for by a host. */
  shareId: string | null;
}

/** Addresses of single files, good for five minutes: the store's own, or ours where it has none. */
export class FileUrls {
  constructor(private readonly given: FileUrlsContext) {}

  /** @throws ControlError `not_found`. */
  async make(recording: RecordingRecord, fileId: string, wish: FileWish): Promise<FileUrl> {
    const { objects, clock, security } = this.given;
    const { recordingId, meetingId } = recording;
    const { isDownload, origin, shareId } = wish;
    const file = await this.find(recording, fileId);
    const expiresAt = clock.now() + lifeMs;
    const disposition = dispositionOf(file, isDownload);
    const { contentType } = file;
    const signed = await objects.addressFor(file.key, { lifeMs, contentType, disposition });
    const ticket = { meetingId, recordingId, fileId: file.fileId, isDownload, expiresAt };
    const own = `${origin}/v1/recording-files/${file.fileId}?token=${this.seal(ticket)}`;
    security.write('recording.file_url_made', {
      ...{ meeting_id: meetingId, recording_id: recordingId, file_id: file.fileId },
      ...(shareId !== null && { share_id: shareId }),
    });
    return { url: signed ?? own, expires_at: isoTime(expiresAt) };
  }

  /** Whose address of ours this is. @throws ControlError `forbidden`; `not_found`: it was deleted. */
  async open(fileId: string, token: string): Promise<ServedFile> {
    const ticket = this.unseal(token);
    if (ticket === null || ticket.fileId !== fileId || ticket.expiresAt <= this.given.clock.now()) {
      throw new ControlError('forbidden', 'The address is not good (any more): ask for another.');
    }
    const file = await this.find(ticket, fileId);
    return { file, disposition: dispositionOf(file, ticket.isDownload) };
  }

  /** @throws ControlError `not_found`. */
  async read({ file }: ServedFile, range: ByteRange | null): Promise<Readable> {
    const stream = await this.given.objects.read(file.key, range ?? undefined);
    if (stream === null) throw noFile();
    return stream;
  }

  /** Any but a manifest, which says more than anybody is to read: chat that was deleted since. */
  private async find(key: RecordingKey, fileId: string) {
    const { database } = this.given;
    // A recorder makes these ids.
    const file = isUuid(fileId) ? await repository.findFile(database, key, fileId) : null;
    if (file === null || !repository.isPlayable(file)) throw noFile();
    return file;
  }

  private seal(ticket: Ticket): string {
    return this.given.keys.seal(JSON.stringify(ticket), context).toString('base64url');
  }

  private unseal(token: string): Ticket | null {
    try {
      const sealed = Buffer.from(token, 'base64url');
      return JSON.parse(this.given.keys.unseal(sealed, context)) as Ticket;
    } catch {
      return null;
    }
  }
}

function noFile(): ControlError {
  return new ControlError('not_found', 'There is no such file.');
}
