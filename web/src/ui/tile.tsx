import { Button } from 'react-aria-components';
import type { Participant } from '../protocol/messages.js';
import type { Meeting } from '../session/meeting.js';
import type { Quality } from '../session/quality.js';
import { isStarved, publicationOf, type RoomState } from '../session/room-state.js';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { useStore } from './use-store.js';
import { useTileReport } from './use-tile-report.js';
import { VideoView } from './video-view.js';

interface TileProps {
  stay: Meeting;
  room: RoomState;
  participant: Participant;
  /** Kept large by this viewer. */
  isPinned?: boolean;
}

/** One person: picture or initials, name, and in words what the ring and the icons say. */
export function ParticipantTile(props: TileProps) {
  const isSelf = props.participant.id === props.room.selfId;
  return isSelf ? <OwnTile {...props} /> : <RemoteTile {...props} />;
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

function RemoteTile({ stay, room, participant, isPinned = false }: TileProps) {
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
      isStarved={camera?.muted === false && isStarved(room, camera.publication_id)}
      quality={room.qualities.get(participant.id)}
      isPinned={isPinned}
      onPin={() => stay.togglePin(participant.id)}
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
  /** The picture does not fit through this viewer's connection. */
  isStarved?: boolean;
  quality?: Quality | undefined;
  isPinned?: boolean;
  onPin?: () => void;
  tileRef?: (element: HTMLElement | null) => void;
}

function Tile(look: TileLook) {
  const { participant, name, track, isMuted, isSpeaking, isMirrored, isPinned, tileRef } = look;
  const isReconnecting = participant.state === 'reconnecting';
  const states = [
    isMuted && text('room.muted'),
    isSpeaking && text('room.speaking'),
    isPinned && text('room.pinned'),
    isReconnecting && text('room.reconnecting'),
    look.quality && qualityText(look.quality),
  ].filter((state) => state !== false);
  return (
    <li
      ref={tileRef}
      className={isPinned ? 'tile pinned' : 'tile'}
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
        {look.quality && look.quality.level !== 'good' && <QualityMark quality={look.quality} />}
        <span className="visually-hidden">{states.map((state) => `, ${state}`).join('')}</span>
      </span>
      {isReconnecting ? (
        <span className="tile-state" aria-hidden="true">
          {text('room.reconnecting')}
        </span>
      ) : (
        look.isStarved && <span className="tile-state">{text('room.pausedBandwidth')}</span>
      )}
      {look.onPin && <PinButton name={name} isPinned={isPinned ?? false} onPin={look.onPin} />}
    </li>
  );
}

function PinButton(props: { name: string; isPinned: boolean; onPin: () => void }) {
  const { name, isPinned, onPin } = props;
  return (
    <Button
      className="tile-pin"
      data-pin={isPinned ? 'pinned' : 'free'}
      aria-label={text(isPinned ? 'room.unpin' : 'room.pin', { name })}
      onPress={onPin}
    >
      <Icon name="pin" />
    </Button>
  );
}

const qualityIcons = { good: 'quality3', fair: 'quality2', poor: 'quality1' } as const;

function QualityMark({ quality }: { quality: Quality }) {
  return (
    <span className="tile-quality" data-quality={quality.level} title={qualityText(quality)}>
      <Icon name={qualityIcons[quality.level]} />
    </span>
  );
}

/** Says whose side is bad, where that is known. */
function qualityText({ level, side }: Quality): string {
  const quality = text(`quality.${level}`);
  return side ? text(`quality.${side}`, { quality }) : quality;
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
