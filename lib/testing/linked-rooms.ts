/** Two rooms of two nodes and a link between them, with what an application does. For tests. */
import { createLinkKeys, type LinkAddress, type RoomLink } from '../link.js';
import type { Publication } from '../publication.js';
import type { Room } from '../room.js';

/** What crosses between nodes is data: nothing of it may be shared. */
function overTheWire<T>(words: T): T {
  return JSON.parse(JSON.stringify(words)) as T;
}

/** What one end says goes to the other one. */
export function passOn(from: RoomLink, to: RoomLink): void {
  from.on('track', (track) => to.receive(overTheWire(track)));
  from.on('ended', (publicationId, reason) => to.end(publicationId, reason));
  from.on('demand', (publicationId, demand) => to.setDemand(publicationId, overTheWire(demand)));
}

/** Both ends, the first of `near`. */
export async function linkRooms(near: Room, far: Room): Promise<[RoomLink, RoomLink]> {
  const [ownKeys, theirKeys] = createLinkKeys();
  const [own] = near.linkAddresses as [LinkAddress];
  const [theirs] = far.linkAddresses as [LinkAddress];
  const ends = await Promise.all([
    near.openLink({ id: 'far', remote: theirs, keys: ownKeys }),
    far.openLink({ id: 'near', remote: own, keys: theirKeys }),
  ]);
  passOn(...ends);
  passOn(ends[1], ends[0]);
  return ends;
}

/** Gives what stands for the publication at the other end. */
export function carry(publicationId: string, from: RoomLink, to: RoomLink): Publication {
  return to.receive(overTheWire(from.send(publicationId)));
}
