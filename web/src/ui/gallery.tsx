import { useEffect } from 'react';
import { Button } from 'react-aria-components';
import type { Participant } from '../protocol/messages.js';
import type { Meeting } from '../session/meeting.js';
import type { RoomState } from '../session/room-state.js';
import { text } from '../strings/index.js';
import { layoutOf, pageSizeFor } from './gallery-layout.js';
import { Icon } from './icons.js';
import { OwnScreenTile, ScreenTile } from './screen-tile.js';
import { ParticipantTile } from './tile.js';
import { useElementSize, useStore } from './use-store.js';

/** Between tiles; CSS pixels, the same as --tile-gap. */
const gap = 8;

interface GalleryProps {
  stay: Meeting;
  room: RoomState;
  page: number;
  onPage: (page: number) => void;
}

/** Shared screens large, people around them; people alone fill the stage, 25 at most per page. */
export function Gallery({ stay, room, page, onPage }: GalleryProps) {
  const ownScreen = useStore(stay.store, (state) => state.screen);
  const screens = [...room.publications.values()].filter(
    ({ source, participant_id }) => source === 'screen' && participant_id !== room.selfId,
  );
  const pinnedIds = useStore(stay.store, (state) => state.pinned);
  const pinned = [...pinnedIds].flatMap((id) => room.participants.get(id) ?? []);
  const isPresenting = screens.length + pinned.length > 0 || ownScreen !== undefined;
  return (
    <div className="gallery" data-presenting={isPresenting || undefined}>
      {isPresenting && (
        <ul className="screens" aria-label={text('room.stage')}>
          {ownScreen && <OwnScreenTile participantId={room.selfId} track={ownScreen} />}
          {screens.map((screen) => (
            <ScreenTile key={screen.publication_id} stay={stay} room={room} publication={screen} />
          ))}
          {pinned.map((participant) => (
            <ParticipantTile
              key={participant.id}
              stay={stay}
              room={room}
              participant={participant}
              isPinned
            />
          ))}
        </ul>
      )}
      <People stay={stay} room={room} page={page} onPage={onPage} />
    </div>
  );
}

function People({ stay, room, page, onPage }: GalleryProps) {
  const [box, size] = useElementSize();
  const pinned = useStore(stay.store, (state) => state.pinned);
  const people = inOrder(room).filter(({ id }) => !pinned.has(id));
  const perPage = pageSizeFor(people.length, size, gap);
  const pages = Math.ceil(people.length / perPage);
  const current = Math.min(Math.max(page, 0), pages - 1);
  useEffect(() => {
    if (current !== page) onPage(current);
  }, [current, page, onPage]);
  const shown = people.slice(current * perPage, (current + 1) * perPage);
  const { tile } = layoutOf(shown.length, size, gap);
  const style = { '--tile-inline': `${tile.width}px`, '--tile-block': `${tile.height}px` };
  return (
    <div className="people">
      <div className="people-box" ref={box}>
        <ul
          className="tiles"
          style={style as React.CSSProperties}
          aria-label={text('room.gallery')}
        >
          {shown.map((participant) => (
            <ParticipantTile
              key={participant.id}
              stay={stay}
              room={room}
              participant={participant}
            />
          ))}
        </ul>
      </div>
      {room.participants.size === 1 && <p className="alone">{text('room.alone')}</p>}
      {pages > 1 && <Pager page={current} pages={pages} onPage={onPage} />}
    </div>
  );
}

/**
 * This participant first, then as they came: nobody's tile jumps when somebody speaks. A program
 * that only watches (WHEP) is in the list of people and has no tile.
 */
function inOrder(room: RoomState): Participant[] {
  const own = room.participants.get(room.selfId);
  const others = [...room.participants.values()].filter(
    ({ id, kind }) => id !== room.selfId && kind !== 'whep',
  );
  return own ? [own, ...others] : others;
}

interface PagerProps {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}

function Pager({ page, pages, onPage }: PagerProps) {
  return (
    <nav className="pager" aria-label={text('room.gallery')}>
      <Button
        className="icon-button"
        aria-label={text('room.previousPage')}
        isDisabled={page === 0}
        onPress={() => onPage(page - 1)}
      >
        <Icon name="previous" />
      </Button>
      <span>{text('room.page', { page: page + 1, pages })}</span>
      <Button
        className="icon-button"
        aria-label={text('room.nextPage')}
        isDisabled={page === pages - 1}
        onPress={() => onPage(page + 1)}
      >
        <Icon name="next" />
      </Button>
    </nav>
  );
}
