import { listText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { recordingReason } from '../recording-texts.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

/** Above everything else for as long as there is a recording: a sign and a word, and what is wrong. */
export function RecordingStatus() {
  const { stay } = useRoomUi();
  const state = useStore(stay.store, ({ room }) => room?.recording.state);
  if (!state) return null;
  return (
    <div className="recording-status" data-state={state.state}>
      <p className="recording-sign">
        <span className="recording-dot" aria-hidden="true" />
        {text(`recording.state.${state.state}`)}
      </p>
      {state.state === 'degraded' && (
        <p className="recording-note">{recordingReason(state.reason)}</p>
      )}
      <Missing isAwaited={state.state === 'waiting_consent'} ids={state.missing ?? []} />
    </div>
  );
}

/** To hosts: who has not agreed. The recording waits for them, or goes on without them. */
function Missing({ isAwaited, ids }: { isAwaited: boolean; ids: readonly string[] }) {
  const { stay } = useRoomUi();
  const here = useStore(stay.store, ({ room }) => room?.participants);
  const found = ids.map((id) => here?.get(id)?.name).filter((name) => name !== undefined);
  if (found.length === 0) return null;
  const names = listText(found);
  return (
    <p className="recording-note">
      {text(isAwaited ? 'recording.waitingFor' : 'recording.leftOut', { names })}
    </p>
  );
}
