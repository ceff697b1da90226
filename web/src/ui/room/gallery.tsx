import { type CSSProperties, useEffect } from 'react';
import { Button } from 'react-aria-components';
import { isPhone } from '../../session/device-class.js';
import type { RoomState } from '../../session/room-state.js';
import { type StagePlan, stagePlan } from '../../session/stage-plan.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { useElementSize, useMediaQuery, useStore } from '../use-store.js';
import { layoutOf, pageSizeFor, tilesPerPage } from './gallery-layout.js';
import { useRoomUi } from './room-ui.js';
import { OwnScreenTile, ScreenTile } from './screen-tile.js';
import { ParticipantTile } from './tile.js';

/** Between tiles; CSS pixels, the same as --tile-gap. */
const gap = 8;

interface GalleryProps {
  room: RoomState;
  page: number;
  onPage: (page: number) => void;
}

/** What is large, and people around it; people alone fill the stage. */
export function Gallery({ room, page, onPage }: GalleryProps) {
  const { stay } = useRoomUi();
  const ownScreen = useStore(stay.store, (state) => state.screen);
  const pinned = useStore(stay.store, (state) => state.pinned);
  const layout = useStore(stay.store, (state) => state.layout);
  const plan = stagePlan(room, { layout, pinned });
  const isPresenting = plan.screens.length + plan.large.length > 0 || ownScreen !== undefined;
  return (
    <div
      className="gallery"
      data-presenting={isPresenting || undefined}
      data-layout={plan.layout}
      data-alone={(isPresenting && plan.small.length === 0) || undefined}
    >
      {isPresenting && <LargeTiles room={room} plan={plan} ownScreen={ownScreen} />}
      {(plan.small.length > 0 || !isPresenting) && (
        <People room={room} people={plan.small} page={page} onPage={onPage} />
      )}
    </div>
  );
}

interface LargeTilesProps {
  room: RoomState;
  plan: StagePlan;
  ownScreen: MediaStreamTrack | undefined;
}

function LargeTiles({ room, plan, ownScreen }: LargeTilesProps) {
  const [box, size] = useElementSize();
  const count = plan.screens.length + plan.large.length + (ownScreen ? 1 : 0);
  const style = { '--columns': layoutOf(count, size, gap).columns };
  return (
    <ul
      ref={box}
      className="screens"
      style={style as CSSProperties}
      aria-label={text('room.stage')}
    >
      {ownScreen && <OwnScreenTile participantId={room.selfId} track={ownScreen} />}
      {plan.screens.map((screen) => (
        <ScreenTile key={screen.publication_id} room={room} publication={screen} />
      ))}
      {plan.large.map((participant) => (
        <ParticipantTile key={participant.id} room={room} participant={participant} isLarge />
      ))}
    </ul>
  );
}

function People({ room, people, page, onPage }: GalleryProps & { people: StagePlan['small'] }) {
  const { copyLink } = useRoomUi();
  const [box, size] = useElementSize();
  const isWide = useMediaQuery('(width >= 1920px)');
  const most = tilesPerPage({ isWide, isPhone: isPhone() });
  const perPage = pageSizeFor(Math.min(people.length, most), size, gap);
  const pages = Math.max(1, Math.ceil(people.length / perPage));
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
        <ul className="tiles" style={style as CSSProperties} aria-label={text('room.gallery')}>
          {shown.map((participant) => (
            <ParticipantTile key={participant.id} room={room} participant={participant} />
          ))}
        </ul>
      </div>
      {room.participants.size === 1 && (
        <p className="alone">{text(copyLink ? 'room.alone' : 'room.aloneWithoutLink')}</p>
      )}
      {pages > 1 && <Pager page={current} pages={pages} onPage={onPage} />}
    </div>
  );
}

interface PagerProps {
  page: number;
  pages: number;
  onPage: (page: number) => void;
}

function Pager({ page, pages, onPage }: PagerProps) {
  return (
    <nav className="pager" aria-label={text('room.pages')}>
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
