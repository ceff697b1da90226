import { isoTime } from '../../clock.js';
import type { Consent, Recording, RecordingFile } from '../../schemas/http.js';
import {
  type ConsentRecord,
  type FileRecord,
  isPlayable,
  type PlayableFile,
  type RecordingRecord,
} from './repository.js';

export function presentRecording(
  record: RecordingRecord,
  files: readonly FileRecord[] = [],
): Recording {
  return {
    recording_id: record.recordingId,
    meeting_id: record.meetingId,
    room_id: record.roomId,
    title: record.title,
    status: record.status,
    reason: record.reason,
    started_at: timeOf(record.startedAt),
    stopped_at: timeOf(record.stoppedAt),
    duration_ms: record.recordedMs,
    size_bytes: record.sizeBytes,
    consent: record.consent,
    expires_at: timeOf(record.expiresAt),
    created_at: isoTime(record.createdAt.getTime()),
    files: files.filter(isPlayable).map(presentFile),
  };
}

function presentFile(file: PlayableFile): RecordingFile {
  return {
    file_id: file.fileId,
    kind: file.kind,
    content_type: file.contentType,
    size_bytes: file.bytes,
    sha256: file.sha256,
    start_ms: file.startMs,
    end_ms: file.endMs,
    ...(file.trackId !== null && { track_id: file.trackId }),
    ...(file.participantId !== null && { participant_id: file.participantId }),
    ...(file.source && { source: file.source }),
    ...(file.codec !== null && { codec: file.codec }),
    ...(file.layout !== null && { layout: file.layout }),
  };
}

export function presentConsent(consent: ConsentRecord): Consent {
  return {
    participant_id: consent.participantId,
    name: consent.name,
    accepted: consent.accepted,
    text_version: consent.textVersion,
    asked_at: isoTime(consent.askedAt.getTime()),
    answered_at: timeOf(consent.answeredAt),
  };
}

export function timeOf(at: Date | null): string | null {
  return at === null ? null : isoTime(at.getTime());
}
