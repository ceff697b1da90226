import { type ReactNode, useState } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Listed, Recording, Render } from '../../../../client/src/index.js';
import { isUnderWay } from '../../session/playback/layouts.js';
import { percentText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { LiveView } from '../nodes/live-view.js';
import { useLiveList } from '../nodes/use-live-list.js';
import { useStore } from '../use-store.js';
import { DeleteDialog } from './delete-dialog.js';
import { isGoingOn, RecordingFacts, StatusChip, titleOf } from './recording-facts.js';
import { useRecordings } from './use-recordings.js';

interface RecordingListProps {
  load: (cursor: string | undefined) => Promise<Listed<Recording>>;
  empty: ReactNode;
}

/** Recordings, newest first, read anew by themselves; each can be deleted. */
export function RecordingList({ load, empty }: RecordingListProps) {
  const list = useLiveList(load);
  const [doomed, setDoomed] = useState<Recording>();
  const [told, setTold] = useState('');
  const deleted = () => {
    setTold(text('recordings.deleted'));
    void list.refresh();
  };
  return (
    <>
      <p role="status" className="form-done">
        {told}
      </p>
      <LiveView list={list} empty={empty}>
        {(items) => (
          <ul className="rows">
            {items.map((recording) => (
              <RecordingRow
                key={recording.recording_id}
                recording={recording}
                onDelete={() => setDoomed(recording)}
              />
            ))}
          </ul>
        )}
      </LiveView>
      {doomed && (
        <DeleteDialog recording={doomed} onDeleted={deleted} onClose={() => setDoomed(undefined)} />
      )}
    </>
  );
}

interface RecordingRowProps {
  recording: Recording;
  onDelete: () => void;
}

function RecordingRow({ recording, onDelete }: RecordingRowProps) {
  const title = titleOf(recording);
  return (
    <li className="row">
      <div>
        <p className="row-title">
          <Link href={`/recordings/${recording.recording_id}`}>
            <bdi>{title}</bdi>
          </Link>
          <StatusChip status={recording.status} />
        </p>
        <RecordingFacts recording={recording} />
        {mayBeRendered(recording) && <RowRenders recordingId={recording.recording_id} />}
      </div>
      {!isGoingOn(recording) && (
        <div className="row-actions">
          <Button
            className="text-button danger"
            aria-label={text('meeting.named', { action: text('recordings.delete'), title })}
            onPress={onDelete}
          >
            {text('recordings.delete')}
          </Button>
        </div>
      )}
    </li>
  );
}

const justNowMs = 1_800_000;

/** Films are made when a recording ends; the jobs of older ones are on their own pages. */
function mayBeRendered({ status, stopped_at }: Recording): boolean {
  if (status === 'processing') return true;
  const sinceMs = stopped_at === null ? Number.NaN : Date.now() - Date.parse(stopped_at);
  return status === 'ready' && sinceMs < justNowMs;
}

function RowRenders({ recordingId }: { recordingId: string }) {
  const recordings = useRecordings();
  const list = useLiveList((cursor) => recordings.renders(recordingId, cursor));
  const items = useStore(list.store, (state) => state.items) ?? [];
  const jobs = items.filter(isUnderWay);
  if (jobs.length === 0) return null;
  return (
    <p className="hint node-counts">
      {jobs.map((job) => (
        <span key={job.render_id}>{jobText(job)}</span>
      ))}
    </p>
  );
}

function jobText({ layout, state, progress }: Render): string {
  const named = text(`layout.${layout}`);
  if (state === 'queued') return text('recordings.queued', { layout: named });
  return text('recordings.rendering', { layout: named, share: percentText(progress) });
}
