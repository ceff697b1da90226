import { Button } from 'react-aria-components';
import type { Participant } from '../../../../client/src/index.js';
import type { Quality } from '../../session/quality.js';
import { handOrder, isStarved, publicationOf, type RoomState } from '../../session/room-state.js';
import { spotlightOf } from '../../session/stage-plan.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useStore } from '../use-store.js';
import { VideoView } from '../video-view.js';
import { Portrait } from './portrait.js';
import { ReactionSign } from './reaction-sign.js';
import { useRoomUi } from './room-ui.js';
import { useTileReport } from './use-tile-report.js';

interface TileProps {
  room: RoomState;
  participant: Participant;
  isLarge?: boolean;
}

/** One person: picture or initials, name, and in words what the ring and the icons say. */
export function ParticipantTile(props: TileProps) {
  const isSelf = props.participant.id === props.room.selfId;
  return isSelf ? <OwnTile {...props} /> : <RemoteTile {...props} />;
}

function OwnTile({ room, participant, isLarge = false }: TileProps) {
  const { stay } = useRoomUi();
  const track = useStore(stay.local.store, (state) => state.camera.track);
  const isMuted = useStore(stay.local.store, (state) => state.muted);
  return (
    <Tile
      room={room}
      participant={participant}
      name={text('room.you', { name: participant.name })}
      track={track}
      isMuted={isMuted}
      quality={room.qualities.get(participant.id)}
      isMirrored
      isLarge={isLarge}
    />
  );
}

function RemoteTile({ room, participant, isLarge = false }: TileProps) {
  const { stay } = useRoomUi();
  const camera = publicationOf(room, participant.id, 'camera');
  const microphone = publicationOf(room, participant.id, 'microphone');
  const received = useStore(stay.store, (state) => state.tracks.get(camera?.publication_id ?? ''));
  const isLeftOut = useStore(stay.store, (state) =>
    state.leftOut.has(camera?.publication_id ?? ''),
  );
  const hasPicture = camera?.muted === false && !isLeftOut;
  const report = useTileReport(stay, camera?.publication_id);
  return (
    <Tile
      room={room}
      participant={participant}
      name={participant.name}
      track={hasPicture ? received : undefined}
      isMuted={microphone?.muted ?? true}
      isStarved={hasPicture && isStarved(room, camera.publication_id)}
      isLeftOut={camera?.muted === false && isLeftOut}
      quality={room.qualities.get(participant.id)}
      isLarge={isLarge}
      tileRef={report}
    />
  );
}

interface TileLook {
  room: RoomState;
  participant: Participant;
  name: string;
  track: MediaStreamTrack | undefined;
  isMuted: boolean;
  isMirrored?: boolean;
  isLarge: boolean;
  /** The picture does not fit through this viewer's connection. */
  isStarved?: boolean;
  /** There is a picture, and this viewer does not take it. */
  isLeftOut?: boolean;
  quality?: Quality | undefined;
  tileRef?: (element: HTMLElement | null) => void;
}

function Tile(look: TileLook) {
  const { stay } = useRoomUi();
  const { room, participant, name, track, isMuted, isMirrored, isLarge, tileRef } = look;
  const isPinned = useStore(stay.store, (state) => state.pinned.has(participant.id));
  const isOwn = participant.id === room.selfId;
  const isReconnecting = participant.state === 'reconnecting';
  const isSpeaking = !isMuted && room.speaking.has(participant.id);
  const hand = handOrder(room, participant.id);
  const states = [
    isMuted && text('room.muted'),
    isSpeaking && text('room.speaking'),
    hand > 0 && text('room.handUp'),
    isPinned && text('room.pinned'),
    spotlightOf(room).includes(participant.id) && text('room.spotlit'),
    isReconnecting && text('room.reconnecting'),
    look.quality && qualityText(look.quality, isOwn),
  ].filter((state) => typeof state === 'string');
  return (
    <li
      ref={tileRef}
      className={isLarge ? 'tile large' : 'tile'}
      aria-label={[name, ...states].join(', ')}
      data-participant-id={participant.id}
      data-source="camera"
      data-speaking={isSpeaking || undefined}
      data-muted={isMuted || undefined}
      data-hand={hand || undefined}
      data-pinned={isPinned || undefined}
      data-reconnecting={isReconnecting || undefined}
    >
      <Portrait name={participant.name} url={participant.avatar_url} />
      {track && (
        <VideoView
          track={track}
          isMirrored={isMirrored ?? false}
          onPicture={isOwn ? undefined : stay.pictureShown}
        />
      )}
      <TileLabel name={name} isMuted={isMuted} isOwn={isOwn} quality={look.quality} />
      <TileMarks participantId={participant.id} hand={hand} />
      <TileState look={look} isReconnecting={isReconnecting} />
      <PinButton
        name={name}
        isPinned={isPinned}
        onPin={() => stay.view.togglePin(participant.id)}
      />
    </li>
  );
}

function TileState({ look, isReconnecting }: { look: TileLook; isReconnecting: boolean }) {
  if (isReconnecting) {
    return (
      <span className="tile-state" aria-hidden="true">
        {text('room.reconnecting')}
      </span>
    );
  }
  if (look.isLeftOut) return <span className="tile-state">{text('room.leftOut')}</span>;
  return look.isStarved && <span className="tile-state">{text('room.pausedBandwidth')}</span>;
}

interface TileLabelProps {
  name: string;
  isMuted: boolean;
  isOwn: boolean;
  quality: Quality | undefined;
}

/** For the eyes: the item's own label says it to everybody else. */
function TileLabel({ name, isMuted, isOwn, quality }: TileLabelProps) {
  return (
    <span className="tile-label" aria-hidden="true">
      {isMuted && <Icon name="microphoneOff" />}
      <bdi className="tile-name">{name}</bdi>
      {quality && (
        <span
          className="tile-quality"
          data-quality={quality.level}
          title={qualityText(quality, isOwn)}
        >
          <Icon name={qualityIcons[quality.level]} />
        </span>
      )}
    </span>
  );
}

function TileMarks({ participantId, hand }: { participantId: string; hand: number }) {
  const { stay } = useRoomUi();
  const reaction = useStore(
    stay.store,
    (state) => state.reactions.find((shown) => shown.participantId === participantId)?.name,
  );
  if (!reaction && hand === 0) return null;
  return (
    <span className="tile-marks" aria-hidden="true">
      {hand > 0 && (
        <span className="tile-hand">
          <Icon name="hand" />
          {hand}
        </span>
      )}
      {reaction && <ReactionSign name={reaction} />}
    </span>
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

/** Says whose side is bad, where that is known. */
function qualityText({ level, side }: Quality, isOwn: boolean): string {
  const quality = text(`quality.${level}`);
  if (!side) return quality;
  return text(isOwn ? `quality.${side}.own` : `quality.${side}`, { quality });
}
