/** Who and what is shown large, and who around it: a pure function of the room and the viewer. */
import type { Participant, Publication } from '../../../client/src/index.js';
import type { RoomState } from './room-state.js';

/** The viewer's own choice; a host's spotlight comes before it, pins before both. */
export type Layout = 'gallery' | 'speaker';

export interface StagePlan {
  /** What is in force, as tests and styles see it. */
  readonly layout: Layout | 'spotlight';
  /** Screens of others. */
  readonly screens: readonly Publication[];
  readonly large: readonly Participant[];
  readonly small: readonly Participant[];
}

export function stagePlan(
  room: RoomState,
  wanted: { layout: Layout; pinned: ReadonlySet<string> },
): StagePlan {
  const { selfId, publications } = room;
  const screens = [...publications.values()].filter(
    ({ source, participant_id }) => source === 'screen' && participant_id !== selfId,
  );
  const people = inOrder(room);
  const pinned = present(room, wanted.pinned);
  const spotlit = present(room, spotlightOf(room)).filter((person) => !pinned.includes(person));
  const hasSpotlight = room.spotlight.some((id) => publications.has(id));
  const chosen = [...pinned, ...spotlit];
  const speaker =
    wanted.layout === 'speaker' && !hasSpotlight ? speakerOf(room, people) : undefined;
  const large = chosen.length === 0 && speaker ? [speaker] : chosen;
  return {
    layout: hasSpotlight ? 'spotlight' : wanted.layout,
    screens: withSpotlightFirst(screens, room.spotlight),
    large,
    small: people.filter((person) => !large.includes(person)),
  };
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

/** People whose camera is in the spotlight. */
export function spotlightOf({ spotlight, publications }: RoomState): string[] {
  return spotlight.flatMap((id) => {
    const publication = publications.get(id);
    return publication?.source === 'camera' ? [publication.participant_id] : [];
  });
}

/** The last speaker, never oneself while others are there. */
function speakerOf(room: RoomState, people: readonly Participant[]): Participant | undefined {
  const others = people.filter(({ id }) => id !== room.selfId);
  return others.find(({ id }) => id === room.dominant) ?? others[0] ?? people[0];
}

function present(room: RoomState, ids: Iterable<string>): Participant[] {
  return [...ids].flatMap((id) => room.participants.get(id) ?? []);
}

function withSpotlightFirst(screens: readonly Publication[], spotlight: readonly string[]) {
  const isLit = ({ publication_id }: Publication) => spotlight.includes(publication_id);
  return [...screens.filter(isLit), ...screens.filter((screen) => !isLit(screen))];
}
