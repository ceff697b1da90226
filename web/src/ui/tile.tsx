import type { Participant } from '../protocol/messages.js';
import type { Meeting } from '../session/meeting.js';
import { publicationOf, type RoomState } from '../session/room-state.js';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { useStore } from './use-store.js';
import { useTileReport } from './use-tile-report.js';
import { VideoView } from './video-view.js';

interface TileProps {
  stay: Meeting;
  room: RoomState;
  participant: Participant;
}

/** One person: picture or initials, name, and in words what the ring and the icons say. */
export function ParticipantTile({ stay, room, participant }: TileProps) {
  const isSelf = participant.id === room.selfId;
  return isSelf ? (
    <OwnTile stay={stay} room={room} participant={participant} />
  ) : (
    <RemoteTile stay={stay} room={room} participant={participant} />
  );
}

function OwnTile({ stay, room, participant }: TileProps) {
  const track = useStore(stay.local.store, (state) => state.camera.track);
  const isMuted = useStore(stay.local.store, (state) => state.muted);
  return (
    <Tile
      participant={participant}
      name={text('room.you', { name: participant.name })}
      track={track}
      isMuted={isMuted}
      isSpeaking={!isMuted && room.speaking.has(participant.id)}
      isMirrored
    />
  );
}

function RemoteTile({ stay, room, participant }: TileProps) {
  const camera = publicationOf(room, participant.id, 'camera');
  const microphone = publicationOf(room, participant.id, 'microphone');
  const received = useStore(stay.store, (state) => state.tracks.get(camera?.publication_id ?? ''));
  const report = useTileReport(stay, camera?.publication_id);
  const isMuted = microphone?.muted ?? true;
  return (
    <Tile
      participant={participant}
      name={participant.name}
      track={camera?.muted === false ? received : undefined}
      isMuted={isMuted}
      isSpeaking={!isMuted && room.speaking.has(participant.id)}
      tileRef={report}
    />
  );
}

interface TileLook {
  participant: Participant;
  name: string;
  track: MediaStreamTrack | undefined;
  isMuted: boolean;
  isSpeaking: boolean;
  isMirrored?: boolean;
  tileRef?: (element: HTMLElement | null) => void;
}

function Tile({ participant, name, track, isMuted, isSpeaking, isMirrored, tileRef }: TileLook) {
  const isReconnecting = participant.state === 'reconnecting';
  const states = [
    isMuted && text('room.muted'),
    isSpeaking && text('room.speaking'),
    isReconnecting && text('room.reconnecting'),
  ].filter((state) => state !== false);
  return (
    <li
      ref={tileRef}
      className="tile"
      data-participant-id={participant.id}
      data-source="camera"
      data-speaking={isSpeaking || undefined}
      data-muted={isMuted || undefined}
      data-reconnecting={isReconnecting || undefined}
    >
      <span className="avatar" aria-hidden="true">
        {initialsOf(participant.name)}
      </span>
      {track && <VideoView track={track} isMirrored={isMirrored ?? false} />}
      <span className="tile-label">
        {isMuted && <Icon name="microphoneOff" />}
        <bdi className="tile-name">{name}</bdi>
        <span className="visually-hidden">{states.map((state) => `, ${state}`).join('')}</span>
      </span>
      {isReconnecting && (
        <span className="tile-state" aria-hidden="true">
          {text('room.reconnecting')}
        </span>
      )}
    </li>
  );
}

const graphemes = new Intl.Segmenter(undefined, { granularity: 'grapheme' });

/** The first letters of the first and last word, as people see letters. */
function initialsOf(name: string): string {
  const words = name.trim().split(/\s+/);
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return ends
    .map((word) => [...graphemes.segment(word ?? '')][0]?.segment ?? '')
    .join('')
    .toUpperCase();
}
