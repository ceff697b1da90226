import { useEffect, useMemo, useState } from 'react';
import { Button, Link } from 'react-aria-components';
import type { Playback, Recording } from '../../../../client/src/index.js';
import { doneKey } from '../../session/playback/layouts.js';
import { PlaybackRecord } from '../../session/playback/playback-record.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { useLiveList } from '../nodes/use-live-list.js';
import { refusalText } from '../site/refusal-text.js';
import { SitePage } from '../site/site-page.js';
import { useStore } from '../use-store.js';
import { ConsentsSection } from './consents-section.js';
import { DeleteDialog } from './delete-dialog.js';
import { FilesSection } from './files-section.js';
import { KeysSection } from './keys-section.js';
import { LayoutsSection } from './layouts-section.js';
import { isGoingOn, RecordingFacts, StatusChip, titleOf } from './recording-facts.js';
import { Replay } from './replay.js';
import { SharesSection } from './shares-section.js';
import { useRecordings } from './use-recordings.js';
import { useReplay } from './use-replay.js';

/** Plays a recording, and has all that its owner can do with it. */
export function PlaybackPage({ recordingId }: { recordingId: string }) {
  const recordings = useRecordings();
  const [record] = useState(() => new PlaybackRecord(recordings.source(recordingId)));
  const state = useStore(record.store, (value) => value);
  useEffect(() => void record.read(), [record]);
  if (state.phase === 'ready') return <Ready record={record} playback={state.playback} />;
  const isLoading = state.phase === 'loading';
  return (
    <SitePage
      title={isLoading ? text('site.loading') : refusalText(state.error)}
      back={{ href: '/recordings', label: text('recordings.all') }}
    >
      {!isLoading && (
        <div className="form-actions">
          <Button className="button" onPress={() => void record.read()}>
            {text('prejoin.again')}
          </Button>
          <Link className="button" href="/recordings">
            {text('recordings.all')}
          </Link>
        </div>
      )}
    </SitePage>
  );
}

interface ReadyProps {
  record: PlaybackRecord;
  playback: Playback;
}

function Ready({ record, playback }: ReadyProps) {
  const recordings = useRecordings();
  const recording = useNewest(record, playback.recording);
  const id = recording.recording_id;
  const renders = useLiveList((cursor) => recordings.renders(id, cursor));
  const jobs = useStore(renders.store, ({ items }) => items);
  const done = doneKey(jobs ?? []);
  useEffect(() => {
    if (done !== '') void record.read();
  }, [record, done]);
  const source = useMemo(() => recordings.source(id), [recordings, id]);
  const replay = useReplay(playback, source);
  return (
    <SitePage
      title={titleOf(recording)}
      shape="theatre"
      back={{ href: '/recordings', label: text('recordings.all') }}
      actions={!isGoingOn(recording) && <Actions recording={recording} />}
    >
      <div className="meeting-facts">
        <StatusChip status={recording.status} />
        <RecordingFacts recording={recording} />
      </div>
      <Replay replay={replay} />
      <div className="replay-sections">
        {recording.files.length > 0 && (
          <LayoutsSection recordingId={id} list={renders} replay={replay} />
        )}
        <FilesSection playback={playback} source={source} />
        <SharesSection recordingId={id} />
        <ConsentsSection recording={recording} />
        {replay.views.length > 0 && <KeysSection />}
      </div>
    </SitePage>
  );
}

const readAgainMs = 10_000;

/** The recording as it is now; what can be played is read again when that has changed. */
function useNewest(record: PlaybackRecord, first: Recording): Recording {
  const recordings = useRecordings();
  const list = useLiveList(async () => ({
    ...{ items: [await recordings.get(first.recording_id)], next_cursor: null },
  }));
  const newest = useStore(list.store, ({ items }) => items?.[0]) ?? first;
  const [read, now] = [keyOf(first), keyOf(newest)];
  useEffect(() => {
    if (read === now) return;
    void record.read();
    // It may fail once: until what is shown is what there is.
    const again = setInterval(() => void record.read(), readAgainMs);
    return () => clearInterval(again);
  }, [record, read, now]);
  return newest;
}

/** Changes with what can be played. */
function keyOf({ status, files, duration_ms }: Recording): string {
  return [status, duration_ms, ...files.map(({ file_id }) => file_id)].join(' ');
}

function Actions({ recording }: { recording: Recording }) {
  const { pages } = useClient();
  const [isAsking, setIsAsking] = useState(false);
  return (
    <>
      <Button className="button" onPress={() => setIsAsking(true)}>
        {text('recordings.delete')}
      </Button>
      {isAsking && (
        <DeleteDialog
          recording={recording}
          onDeleted={() => pages.replace('/recordings')}
          onClose={() => setIsAsking(false)}
        />
      )}
    </>
  );
}
