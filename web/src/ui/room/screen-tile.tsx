import { Button } from 'react-aria-components';
import type { Publication } from '../../../../client/src/index.js';
import type { RoomState } from '../../session/room-state.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { VideoView } from '../video-view.js';
import { useRoomUi } from './room-ui.js';
import { ShareMode } from './share-mode.js';
import { useTileReport } from './use-tile-report.js';

export function ScreenTile({ room, publication }: { room: RoomState; publication: Publication }) {
  const { stay } = useRoomUi();
  const { publication_id, participant_id } = publication;
  const track = useStore(stay.store, (state) => state.tracks.get(publication_id));
  const isLeftOut = useStore(stay.store, (state) => state.leftOut.has(publication_id));
  const report = useTileReport(stay, publication_id);
  const name = room.participants.get(participant_id)?.name ?? '';
  return (
    <li
      ref={report}
      className="tile large screen"
      data-participant-id={participant_id}
      data-source="screen"
    >
      {track && !isLeftOut && <VideoView track={track} />}
      {isLeftOut && <span className="tile-state">{text('room.leftOut')}</span>}
      <ScreenLabel label={text('room.screenOf', { name })} />
    </li>
  );
}

export function OwnScreenTile(props: { participantId: string; track: MediaStreamTrack }) {
  const { stay } = useRoomUi();
  return (
    <li
      className="tile large screen own"
      data-participant-id={props.participantId}
      data-source="screen"
    >
      <VideoView track={props.track} />
      <div className="share-controls">
        <ShareMode />
        <Button className="button danger small" onPress={() => stay.toggleSharing()}>
          {text('share.stop')}
        </Button>
      </div>
      <ScreenLabel label={text('room.yourScreen')} />
    </li>
  );
}

function ScreenLabel({ label }: { label: string }) {
  return (
    <span className="tile-label">
      <Icon name="screen" />
      <bdi className="tile-name">{label}</bdi>
    </span>
  );
}
