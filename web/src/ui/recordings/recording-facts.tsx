import type { Recording } from '../../../../client/src/index.js';
import { dateText, dateTimeText, lengthText, sizeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { recordingReason } from '../recording-texts.js';

export function titleOf({ title }: Pick<Recording, 'title'>): string {
  return title || text('meeting.untitled');
}

const goesOn: readonly Recording['status'][] = ['starting', 'recording', 'paused', 'degraded'];

const troubled: readonly Recording['status'][] = ['degraded', 'processing', 'failed'];

/** Is it being made just now? */
export function isGoingOn({ status }: Recording): boolean {
  return goesOn.includes(status) || status === 'waiting_consent';
}

/** A word and a sign for how it stands. */
export function StatusChip({ status }: Pick<Recording, 'status'>) {
  const tones: Partial<Record<Recording['status'], string>> = {
    ...{ ready: 'good', failed: 'bad', degraded: 'bad', recording: 'bad' },
  };
  return (
    <span className="chip node-state" data-tone={tones[status]}>
      {text(`recordings.status.${status}`)}
    </span>
  );
}

/** When, how long, how large, until when. */
export function RecordingFacts({ recording }: { recording: Recording }) {
  const { started_at, duration_ms, size_bytes, expires_at, reason, status } = recording;
  const hasReason = reason !== null && troubled.includes(status);
  return (
    <>
      <p className="hint node-counts">
        <span>
          {started_at ? (
            <time dateTime={started_at}>{dateTimeText(started_at)}</time>
          ) : (
            text('recordings.notBegun')
          )}
        </span>
        {duration_ms > 0 && <span>{lengthText(duration_ms)}</span>}
        {size_bytes > 0 && <span>{sizeText(size_bytes)}</span>}
        {!isGoingOn(recording) && <span>{keptText(expires_at)}</span>}
      </p>
      {hasReason && <p className="form-error">{reasonText(status, reason)}</p>}
    </>
  );
}

/** What is away is awaited, while it is recorded and when it is stored. */
function reasonText(status: Recording['status'], reason: string): string {
  if (reason !== 'recorder_lost') return recordingReason(reason);
  if (status === 'processing') return text('recordings.awaitsRecorder');
  return status === 'failed' ? text('recordings.recorderGone') : recordingReason(reason);
}

function keptText(expires_at: string | null): string {
  return expires_at
    ? text('recordings.until', { date: dateText(expires_at) })
    : text('recordings.kept');
}
