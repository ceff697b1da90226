/**
 * Who is in the room and what they publish: a pure function of `joined` and of the events after
 * it. An event that changes nothing returns the same object.
 */
import type {
  Grants,
  Participant,
  Policy,
  Publication,
  Role,
  ServerMessage,
  ServerPayloads,
  Source,
} from '../protocol/messages.js';
import { type Quality, qualitiesOf } from './quality.js';

export interface RoomState {
  readonly selfId: string;
  readonly role: Role;
  readonly grants: Grants;
  readonly policy: Policy;
  /** In the order of joining; this participant included. */
  readonly participants: ReadonlyMap<string, Participant>;
  readonly publications: ReadonlyMap<string, Publication>;
  readonly speaking: ReadonlySet<string>;
  /** How this participant receives others, by publication. */
  readonly receptions: ReadonlyMap<string, Reception>;
  /** Everybody's connection, by participant. */
  readonly qualities: ReadonlyMap<string, Quality>;
}

export type Reception = ServerPayloads['subscription.state']['items'][number];

const nobody: ReadonlySet<string> = new Set();

/** A resumed seat keeps what is known; the missed events follow. */
export function roomOfJoined(
  known: RoomState | undefined,
  joined: ServerPayloads['joined'],
): RoomState {
  const { role, grants, policy, snapshot } = joined;
  const own = { selfId: joined.participant_id, role, grants, policy };
  if (joined.resumed && known) return { ...known, ...own };
  return {
    ...own,
    participants: byKey(snapshot?.participants ?? [], (participant) => participant.id),
    publications: byKey(snapshot?.publications ?? [], (publication) => publication.publication_id),
    speaking: nobody,
    receptions: new Map(),
    qualities: new Map(),
  };
}

export function roomAfter(room: RoomState, message: ServerMessage): RoomState {
  switch (message.t) {
    case 'participant.joined': {
      const { participant } = message.d;
      return { ...room, participants: withEntry(room.participants, participant.id, participant) };
    }
    case 'participant.updated':
      return updateParticipant(room, message.d);
    case 'participant.left':
      return removeParticipant(room, message.d.id);
    case 'publication.added': {
      const publication = message.d;
      const { publication_id } = publication;
      return { ...room, publications: withEntry(room.publications, publication_id, publication) };
    }
    case 'publication.updated':
      return updatePublication(room, message.d);
    case 'publication.removed':
      return { ...room, publications: without(room.publications, message.d.publication_id) };
    case 'subscription.state':
      return { ...room, receptions: withReceptions(room.receptions, message.d.items) };
    case 'quality':
      return { ...room, qualities: qualitiesOf(message.d.items) };
    case 'speakers':
      return updateSpeakers(room, message.d);
    default:
      return room;
  }
}

function updateParticipant(
  room: RoomState,
  change: ServerPayloads['participant.updated'],
): RoomState {
  const known = room.participants.get(change.id);
  if (!known) return room;
  const { hand_at, ...rest } = change;
  const updated: Participant = { ...known, ...defined(rest) };
  if (hand_at === null) delete updated.hand_at;
  else if (hand_at !== undefined) updated.hand_at = hand_at;
  const participants = withEntry(room.participants, change.id, updated);
  const role = change.id === room.selfId ? updated.role : room.role;
  return { ...room, participants, role };
}

function removeParticipant(room: RoomState, id: string): RoomState {
  const publications = new Map(
    [...room.publications].filter(([, publication]) => publication.participant_id !== id),
  );
  const speaking = room.speaking.has(id)
    ? new Set([...room.speaking].filter((other) => other !== id))
    : room.speaking;
  return { ...room, participants: without(room.participants, id), publications, speaking };
}

function updatePublication(
  room: RoomState,
  change: ServerPayloads['publication.updated'],
): RoomState {
  const known = room.publications.get(change.publication_id);
  if (!known) return room;
  const updated: Publication = { ...known, ...defined(change) };
  return { ...room, publications: withEntry(room.publications, change.publication_id, updated) };
}

function withReceptions(known: RoomState['receptions'], items: readonly Reception[]) {
  const receptions = new Map(known);
  for (const item of items) receptions.set(item.publication_id, item);
  return receptions;
}

function updateSpeakers(room: RoomState, { items }: ServerPayloads['speakers']): RoomState {
  const active = items.filter((item) => item.active).map((item) => item.participant_id);
  const same = active.length === room.speaking.size && active.every((id) => room.speaking.has(id));
  return same ? room : { ...room, speaking: new Set(active) };
}

/** The publication of one source of a participant, if there is one. */
export function publicationOf(
  room: RoomState,
  participantId: string,
  source: Source,
): Publication | undefined {
  for (const publication of room.publications.values()) {
    if (publication.participant_id === participantId && publication.source === source) {
      return publication;
    }
  }
  return undefined;
}

/**
 * Nothing of it fits through this viewer's connection. A lower layer than wanted has the same reason,
 * and a picture that moves.
 */
export function isStarved({ receptions }: RoomState, publicationId: string): boolean {
  const reception = receptions.get(publicationId);
  return reception?.state === 'paused' && reception.reason === 'bandwidth';
}

/** Absent counts as unchanged; an explicit `undefined` does too. */
function defined<Fields extends object>(
  change: Fields,
): { [K in keyof Fields]: NonNullable<Fields[K]> } {
  return Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined)) as {
    [K in keyof Fields]: NonNullable<Fields[K]>;
  };
}

function byKey<Value>(values: readonly Value[], key: (value: Value) => string) {
  return new Map(values.map((value) => [key(value), value]));
}

function withEntry<Value>(map: ReadonlyMap<string, Value>, key: string, value: Value) {
  return new Map(map).set(key, value);
}

function without<Value>(map: ReadonlyMap<string, Value>, key: string) {
  const copy = new Map(map);
  copy.delete(key);
  return copy;
}
