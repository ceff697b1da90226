import type { ServerPayloads } from '../../schemas/server-messages.js';
import type { Policy, Publication, Role, Source } from '../../schemas/values.js';
import { grantsOf, isHost } from './grants.js';
import { writeHolds } from './lasting.js';
import type { Room } from './room.js';
import { type Seat, write } from './seat.js';

/** What a host said about one person. */
export interface RightsChange {
  role?: Role;
  canUnmute?: boolean | null;
}

/**
 * Gives a seat what its role allows now: tells the person, tells the others what they can see of it,
 * and ends on the node what is no longer allowed.
 */
export function applyRights(room: Room, seat: Seat, change: RightsChange = {}): void {
  const { participant } = seat;
  if (change.canUnmute !== undefined) seat.canUnmute = change.canUnmute;
  const before = { role: participant.role, can_unmute: participant.can_unmute };
  const former = seat.grants;
  participant.role = change.role ?? participant.role;
  seat.grants = grantsOf(participant.role, room.policy, seat.canUnmute);
  participant.can_unmute = seat.grants.unmute;
  const shown: ServerPayloads['participant.updated'] = {
    id: seat.id,
    ...(before.role === participant.role ? {} : { role: participant.role }),
    ...(before.can_unmute === participant.can_unmute ? {} : { can_unmute: participant.can_unmute }),
  };
  if (Object.keys(shown).length > 1) room.broadcast('participant.updated', shown);
  const isSame = JSON.stringify(former) === JSON.stringify(seat.grants);
  if (!isSame || before.role !== participant.role) {
    seat.emit(write('grants', { role: participant.role, grants: seat.grants }));
  }
  if (!isHost(before.role) && isHost(participant.role)) {
    seat.emit(write('lobby.list', { items: room.lobby.list(), knock: false }));
  }
  endForbidden(room, seat);
  if (former.unmute) holdSilence(room, seat);
}

/** The meeting's policy is another now: everybody hears of it, and gets the rights it leaves. */
export function applyPolicy(room: Room, policy: Policy): void {
  const before = room.policy as Record<string, unknown>;
  const changed = Object.fromEntries(
    Object.entries(policy).filter(
      ([field, value]) => JSON.stringify(before[field]) !== JSON.stringify(value),
    ),
  );
  room.policy = policy;
  if (Object.keys(changed).length === 0) return;
  room.broadcast('policy', changed);
  for (const seat of room.seats.values()) applyRights(room, seat);
}

function endForbidden(room: Room, seat: Seat): void {
  const forbidden = publicationsOf(room, seat).filter(
    ({ source }) => !seat.grants.publish.includes(source),
  );
  for (const { publication_id } of forbidden) {
    room
      .placeOf(seat)
      .everywhere((node, ref) =>
        node.publishRemove({ ...ref, participantId: seat.id, publicationId: publication_id }),
      )
      .catch((error) => room.context.report(error, 'end a publication'));
  }
}

/** Switches what somebody publishes of a source off at the node, now and from now on. */
export async function muteByHost(room: Room, seat: Seat, source: Source): Promise<void> {
  seat.mutedByHost.add(source);
  // Another host's word may be on its way: this one counts when it is durable, too.
  const isWritten = seat.durablyMuted.has(source);
  await Promise.all([
    setMute(room, seat, source, { muted: true, by: 'host' }),
    ...(isWritten ? [] : [writeHolds(room, seat)]),
  ]);
}

/**
 * Whoever may not unmute stays silent once they are, for whatever reason: a microphone that is off is
 * held off from then on. One that is on stays on.
 */
export function holdSilence(room: Room, seat: Seat): void {
  const { unmute, publish } = seat.grants;
  if (unmute || !publish.includes('microphone') || seat.mutedByHost.has('microphone')) return;
  const microphones = publicationsOf(room, seat).filter(({ source }) => source === 'microphone');
  if (microphones.some(({ muted }) => !muted)) return;
  muteByHost(room, seat, 'microphone').catch((error) => room.context.report(error, 'mute'));
}

/**
 * A host lifts it. Nobody is switched on by another: what is published is off until the person
 * switches it on.
 */
export async function releaseByHost(room: Room, seat: Seat, source: Source): Promise<void> {
  if (!seat.mutedByHost.has(source)) return;
  await setMute(room, seat, source, { muted: true, by: 'participant' });
  await unmuteByHost(room, seat, source);
}

/** Lifts it: whether something flows is up to the person again. */
export async function unmuteByHost(room: Room, seat: Seat, source: Source): Promise<void> {
  if (!seat.mutedByHost.delete(source) && !seat.durablyMuted.has(source)) return;
  const lifted = setMute(room, seat, source, { muted: false, by: 'host' });
  await Promise.all([lifted, writeHolds(room, seat)]);
}

async function setMute(
  room: Room,
  seat: Seat,
  source: Source,
  how: { muted: boolean; by: 'participant' | 'host' },
): Promise<void> {
  const calls = publicationsOf(room, seat)
    .filter((publication) => publication.source === source)
    .map(({ publication_id: publicationId }) => muteAt(room, seat, { publicationId, ...how }));
  await Promise.all(calls);
}

export function publicationsOf(room: Room, seat: Seat): Publication[] {
  return [...room.publications.values()].filter(
    (publication) => publication.participant_id === seat.id,
  );
}

/** Where it is published it holds on every node. What the present one does not have yet is declared muted, or not, when it comes. */
export async function muteAt(
  room: Room,
  seat: Seat,
  mute: { publicationId: string; muted: boolean; by: 'participant' | 'host' },
): Promise<void> {
  await room.placeOf(seat).everywhere(async (node, ref, isPresent) => {
    if (isPresent && room.awaited.has(mute.publicationId)) return;
    await node.publishMute({ ...ref, participantId: seat.id, ...mute });
  });
}
