import { ControlError } from '../../control-error.js';
import type { Source } from '../../schemas/values.js';
import { type EffectKind, effectKind } from '../../store/effects.js';
import * as repository from './repository.js';

interface RoomRef {
  meetingId: string;
  roomId: string;
}

/** What hosts, and the person, have said of a seat. */
export const seatChanged = effectKind<{
  seat: repository.SeatKey;
  change: repository.SeatChange;
}>('seat.changed', (tx, { seat, change }) => repository.changeSeat(tx, seat, change));

/** Its holder is gone, and every token of it is void. */
export const seatFreed = effectKind<{ seat: repository.SeatKey; reason: string; at: number }>(
  'seat.freed',
  (tx, { seat, reason, at }) => repository.freeSeat(tx, seat, reason, new Date(at)),
);

type Taking = Omit<repository.SeatTaking, 'resumeHash' | 'at'> & {
  resumeHash: string;
  at: number;
};

/** A join token is used. Refuses one that was used before, or whose seat was taken away. */
export const seatTaken = effectKind<Taking>(
  'seat.taken',
  async (tx, { resumeHash, at, ...seat }) => {
    const taking = { ...seat, resumeHash: Buffer.from(resumeHash, 'hex'), at: new Date(at) };
    if (!(await repository.takeSeat(tx, taking))) throw usedBefore();
  },
);

/** From the lobby into the room. */
export const seatAdmitted = effectKind<{
  seat: repository.SeatKey;
  at: number;
  muted: readonly Source[];
}>('seat.admitted', async (tx, { seat, at, muted }) => {
  await repository.admitSeat(tx, seat, { at: new Date(at), muted });
});

/** A program came. */
export const endpointSeated = effectKind<
  Omit<repository.NewEndpoint, 'createdAt'> & { createdAt: number }
>('endpoint.seated', (tx, { createdAt, ...endpoint }) =>
  repository.insertEndpoint(tx, { ...endpoint, createdAt: new Date(createdAt) }),
);

/** What is said to those who wait, and who is on the stage. */
export const roomChanged = effectKind<{
  room: RoomRef;
  change: Partial<repository.RoomState>;
}>('room.changed', (tx, { room, change }) => repository.changeRoom(tx, room, change));

/** Everybody has left at once, those who wait and those on their way too. */
export const seatsFreed = effectKind<{ room: RoomRef; reason: string; at: number }>(
  'seats.freed',
  (tx, { room, reason, at }) => repository.freeAllSeats(tx, room, reason, new Date(at)),
);

/** The room is over. Whoever writes it has the room, under whichever epoch it is at by then. */
export const roomClosed = effectKind<{ room: RoomRef; at: number }>(
  'room.closed',
  (tx, { room, at }) => repository.closeRoom(tx, room, new Date(at)),
);

/** What one node had of it is at another one, under the epoch behind that of `room`. */
export const roomMoved = effectKind<{
  room: RoomRef & { epoch: number };
  from: string;
  to: string;
}>('room.moved', (tx, { room, ...nodes }) => repository.moveRoom(tx, room, nodes));

/** One more node has it. */
export const branchAdded = effectKind<{ room: RoomRef; nodeId: string }>(
  'branch.added',
  (tx, { room, nodeId }) => repository.addBranch(tx, room, nodeId),
);

export const branchRemoved = effectKind<{ room: RoomRef; nodeId: string }>(
  'branch.removed',
  (tx, { room, nodeId }) => repository.removeBranch(tx, room, nodeId),
);

/** A resume token was used, and is good until the next one is. */
export const resumed = effectKind<{ seat: repository.SeatKey; used: string; next: string }>(
  'seat.resumed',
  async (tx, { seat, used, next }) => {
    const hashes = [used, next].map((hash) => Buffer.from(hash, 'hex')) as [Buffer, Buffer];
    await repository.exchangeResumeToken(tx, seat, ...hashes);
  },
);

export const roomEffects: readonly EffectKind[] = [
  seatChanged,
  seatFreed,
  seatTaken,
  resumed,
  seatAdmitted,
  endpointSeated,
  roomChanged,
  seatsFreed,
  roomClosed,
  roomMoved,
  branchAdded,
  branchRemoved,
];

export function usedBefore(): ControlError {
  return new ControlError('unauthenticated', 'The join token was used already.');
}
