import { useEffect, useState } from 'react';
import { realTimers } from '../../../../client/src/index.js';
import { LiveList } from '../../session/live-list.js';
import { listText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { recordingReason } from '../recording-texts.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';
import { useRights } from './use-rights.js';

/** Above everything else for as long as there is a recording: a sign and a word, and what is wrong. */
export function RecordingStatus() {
  const { stay } = useRoomUi();
  const { isHost } = useRights();
  const state = useStore(stay.store, ({ room }) => room?.recording.state);
  if (!state) return null;
  const isDegraded = state.state === 'degraded';
  const isWaiting = state.state === 'waiting_consent';
  return (
    <div className="recording-status" data-state={state.state}>
      <p className="recording-sign">
        <span className="recording-dot" aria-hidden="true" />
        {text(`recording.state.${state.state}`)}
      </p>
      {isDegraded && <p className="recording-note">{recordingReason(state.reason)}</p>}
      {isWaiting && isHost && <Awaited recordingId={state.recording_id} />}
    </div>
  );
}

/** Who has not answered, or said no; where the server tells this host. */
function Awaited({ recordingId }: { recordingId: string }) {
  const { stay } = useRoomUi();
  const [list] = useState(
    () =>
      new LiveList({
        load: (cursor) => stay.api.consents(recordingId, cursor),
        timers: realTimers,
        isVisible: () => document.visibilityState === 'visible',
        // Not told to everybody who is host here: then the state has to do.
        refused: () => list.stop(),
      }),
  );
  useEffect(() => {
    list.start();
    return () => list.stop();
  }, [list]);
  const items = useStore(list.store, ({ items }) => items) ?? [];
  const here = useStore(stay.store, ({ room }) => room?.participants);
  const named = (accepted: boolean | null) =>
    items
      .filter((each) => each.accepted === accepted && here?.has(each.participant_id))
      .map(({ name }) => name);
  const [open, refused] = [named(null), named(false)];
  return (
    <>
      {open.length > 0 && (
        <p className="recording-note">{text('recording.waitingFor', { names: listText(open) })}</p>
      )}
      {refused.length > 0 && (
        <p className="recording-note">
          {text('recording.refusedBy', { names: listText(refused) })}
        </p>
      )}
    </>
  );
}
