import { useCallback } from 'react';
import type { Playback } from '../../../../client/src/index.js';
import type { Player } from '../../session/playback/player.js';
import {
  type Chapter,
  gapAt,
  type Lane,
  peopleAt,
  pieceAfter,
  pieceAt,
  shownLanes,
} from '../../session/playback/timeline.js';
import { text } from '../../strings/index.js';
import { gapReason } from '../recording-texts.js';
import { useStore } from '../use-store.js';
import type { ReplayState } from './use-replay.js';

/** More pictures than these are a burden for computer and line; all are heard. */
const mostPictures = 9;
/** An element is there this long before its piece begins, to open the file. */
const aheadMs = 5_000;
/** The stage is looked at anew this often. */
const stepMs = 250;

/** What is seen at this moment, over what nobody sees: the sound. */
export function ReplayStage({ replay }: { replay: ReplayState }) {
  const { player, lanes, view, playback } = replay;
  const step = useStore(player.store, ({ positionMs }) => Math.floor(positionMs / stepMs));
  const isWaiting = useStore(player.store, (state) => state.isWaiting);
  const durationMs = useStore(player.store, (state) => state.durationMs);
  // At the very end the last picture is shown, not what comes after it.
  const ms = Math.min(step * stepMs, durationMs - 1);
  const gap = gapAt(playback.gaps, ms);
  return (
    <div className="replay-stage">
      {view === 'people' ? (
        <People playback={playback} player={player} lanes={lanes} ms={ms} />
      ) : (
        <Whole player={player} lanes={lanes} />
      )}
      {lanes
        .filter((lane) => lane.kind === 'audio' && isNear(lane, ms))
        .map((lane) => (
          <Sound key={lane.id} player={player} lane={lane} />
        ))}
      <p role="status" className="replay-note">
        {gap && text('player.notRecorded', { reason: gapReason(gap.reason) })}
        {!gap && isWaiting && text('player.waiting')}
      </p>
    </div>
  );
}

function isNear(lane: Lane, ms: number): boolean {
  const next = pieceAfter(lane, ms);
  return pieceAt(lane, ms) !== undefined || (next !== undefined && next.startMs - ms < aheadMs);
}

interface LaneProps {
  player: Player;
  lane: Lane;
}

function useElement({ player, lane }: LaneProps) {
  return useCallback(
    (element: HTMLMediaElement | null) => (element ? player.attach(lane, element) : undefined),
    [player, lane],
  );
}

function Sound(props: LaneProps) {
  // biome-ignore lint/a11y/useMediaCaption: there are no captions of a recording yet.
  return <audio ref={useElement(props)} />;
}

function Picture(props: LaneProps) {
  // biome-ignore lint/a11y/useMediaCaption: there are no captions of a recording yet.
  return <video ref={useElement(props)} className="replay-video" playsInline />;
}

function Whole({ player, lanes }: Omit<LaneProps, 'lane'> & { lanes: readonly Lane[] }) {
  const [lane] = lanes;
  if (!lane) return null;
  if (lane.kind === 'audio') {
    return <p className="replay-empty">{text('layout.audio')}</p>;
  }
  return <Picture key={lane.id} player={player} lane={lane} />;
}

interface PeopleProps {
  playback: Playback;
  player: Player;
  lanes: readonly Lane[];
  ms: number;
}

/** Screens large; each person who was there then, with a picture or a name alone. */
function People({ playback, player, lanes, ms }: PeopleProps) {
  const { participants, chapters } = playback;
  const here = peopleAt(participants, ms);
  const shown = shownLanes(lanes, { chapters, limit: mostPictures, ms });
  const pictures = lanes.filter((lane) => lane.kind === 'video' && isNear(lane, ms));
  const screens = pictures.filter(({ source }) => source === 'screen');
  const hasScreen = screens.some((lane) => shown.includes(lane));
  const cameras = pictures.filter((lane) => lane.source !== 'screen');
  const faceless = here.filter(
    (person) => !cameras.some((lane) => isOf(lane, person) && shown.includes(lane)),
  );
  const tiles = cameras.filter((lane) => shown.includes(lane)).length + faceless.length;
  const columns = hasScreen ? 1 : Math.ceil(Math.sqrt(Math.max(1, tiles)));
  const tileOf = (lane: Lane) => {
    const person = participants.find((each) => isOf(lane, each));
    const name = person?.name ?? text('player.someone');
    const isShown = shown.includes(lane);
    return <Tile key={lane.id} {...{ playback, player, lane, name, ms, isShown }} />;
  };
  return (
    <>
      {tiles === 0 && !hasScreen && <p className="replay-empty">{text('player.nobody')}</p>}
      <ul
        className="replay-people"
        data-screen={hasScreen || undefined}
        style={{ '--columns': columns, '--rows': Math.max(4, tiles) } as React.CSSProperties}
      >
        {screens.map(tileOf)}
        {cameras.map(tileOf)}
        {faceless.map(({ participant_id, name }) => (
          <li
            key={participant_id}
            className="replay-tile"
            data-speaking={isSpeaking(chapters, participant_id, ms) || undefined}
          >
            <span className="replay-face" aria-hidden="true">
              {firstLetter(name)}
            </span>
            <TileName name={name} isSpeaking={isSpeaking(chapters, participant_id, ms)} />
          </li>
        ))}
      </ul>
    </>
  );
}

interface TileProps {
  playback: Playback;
  player: Player;
  lane: Lane;
  name: string;
  ms: number;
  isShown: boolean;
}

function Tile({ playback, player, lane, name, ms, isShown }: TileProps) {
  const isScreen = lane.source === 'screen';
  const gap = gapAt(playback.gaps, ms, lane.id);
  const speaks = !isScreen && isSpeaking(playback.chapters, lane.participantId, ms);
  // One that is to come opens its file already; of those too many, no file is opened.
  const hasPicture = isShown || pieceAt(lane, ms) === undefined;
  return (
    <li
      className="replay-tile"
      data-screen={isScreen || undefined}
      data-speaking={speaks || undefined}
      hidden={!isShown}
    >
      {hasPicture && <Picture player={player} lane={lane} />}
      <TileName
        name={isScreen ? text('room.screenOf', { name }) : name}
        isSpeaking={speaks}
        note={gap && text('player.notRecorded', { reason: gapReason(gap.reason) })}
      />
    </li>
  );
}

function TileName(props: { name: string; isSpeaking: boolean; note?: string | undefined }) {
  const { name, isSpeaking, note } = props;
  return (
    <p className="replay-name" dir="auto">
      <span>{name}</span>
      {isSpeaking && <span className="visually-hidden">, {text('room.speaking')}</span>}
      {note && <span> · {note}</span>}
    </p>
  );
}

type Person = Playback['participants'][number];

function isOf({ participantId }: Lane, { participant_id }: Person): boolean {
  return participantId === participant_id;
}

function isSpeaking(
  chapters: readonly Chapter[],
  participantId: string | undefined,
  ms: number,
): boolean {
  return chapters.some(
    ({ kind, participant_id, from_ms, to_ms }) =>
      kind === 'speaker' && participant_id === participantId && from_ms <= ms && ms < to_ms,
  );
}

function firstLetter(name: string): string {
  const [first] = new Intl.Segmenter(undefined, { granularity: 'grapheme' }).segment(name.trim());
  return (first?.segment ?? '').toLocaleUpperCase();
}
