import type { Clock } from '../../clock.js';
import type { HeldRoom, PublicationDescription } from '../../nodes/node-client.js';
import type { Nodes } from '../../nodes/nodes.js';
import { MediaPlace } from './media-place.js';
import { toPublication } from './node-events.js';
import type { Room } from './room.js';

export interface AdoptionContext {
  clock: Clock;
  report: (error: unknown, doing: string) => void;
  /** False: the first node is another one than before. */
  isWhereItWas: boolean;
}

/**
 * A node that lives needs a millisecond, one of another region a tenth of a second. Not shorter than what
 * makes a node unfit (fleet/placement.ts): what is lost by this does not go where it was.
 */
const answerMs = 2000;

/** Where a node has somebody. */
export interface Hold {
  place: MediaPlace;
  /** Their client knows: it has negotiated there. A room may have moved without it being told. */
  isServed: boolean;
}

/**
 * All places of the room go on as they are, under its present epoch; a new one begins. One whose node
 * does not answer is lost, and holds up nobody: it is moved like any other (`Relocation.review`).
 * @returns whom the nodes have.
 */
export async function adoptMedia(
  room: Room,
  context: AdoptionContext,
): Promise<ReadonlyMap<string, Hold>> {
  const atNode = new Map<string, Hold>();
  await Promise.all([
    room.recorder.adopt(),
    ...room.places.map(async (place) => {
      const isLeft = place !== room.media || context.isWhereItWas;
      const left = await inTime(open(place, isLeft), context).catch((error) => {
        context.report(error, 'take a room over at one of its nodes');
        return null;
      });
      if (left === null) place.lose();
      else note(room, place, left, atNode);
    }),
  ]);
  room.links.begin();
  room.linkPlaces();
  return atNode;
}

/**
 * Places at the nodes that have the room besides the first.
 * @returns those that cannot be reached.
 */
export async function addBranches(
  room: Room,
  nodeIds: readonly string[],
  nodes: Nodes,
): Promise<string[]> {
  const { roomId, epoch } = room.key;
  const found = await Promise.all(nodeIds.map((nodeId) => nodes.expect(nodeId)));
  for (const placed of found) {
    if (placed === null) continue;
    room.places.push(new MediaPlace(roomId, { placed, epoch }, () => room.linkPlaces()));
  }
  return nodeIds.filter((_, index) => found[index] === null);
}

interface Left {
  held: HeldRoom;
  publications: PublicationDescription[];
}

/** @param isLeft what the node has of it goes on. */
async function open(place: MediaPlace, isLeft: boolean): Promise<Left> {
  const { client, placed, ref } = place;
  place.moveTo({ placed, epoch: ref.epoch, opened: client.openRoom({ ...ref, adopt: isLeft }) });
  return { held: await place.opened, publications: await client.publications(ref) };
}

function note(
  room: Room,
  place: MediaPlace,
  { held, publications }: Left,
  atNode: Map<string, Hold>,
): void {
  const served = new Set(held.servedIds);
  for (const participantId of held.participantIds) {
    const isServed = served.has(participantId);
    if (isServed || !atNode.has(participantId)) atNode.set(participantId, { place, isServed });
  }
  for (const publication of publications) {
    room.publications.set(publication.publicationId, toPublication(publication));
  }
}

/** Null: there is no answer yet. */
function inTime<Result>(
  answer: Promise<Result>,
  { clock }: AdoptionContext,
): Promise<Result | null> {
  return new Promise((resolve, reject) => {
    // What has come while this process stood still is read first.
    const cancel = clock.after(answerMs, () => clock.after(0, () => resolve(null)));
    answer.then(resolve, reject).finally(cancel);
  });
}
