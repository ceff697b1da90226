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
  Snapshot,
  Source,
  Waiting,
} from '../../../client/src/index.js';
import { type Quality, withQualities } from './quality.js';
import { type RoomRecording, recordingAfter, recordingOfSnapshot } from './recording.js';
import { isHost } from './roles.js';

export interface RoomState {
  readonly selfId: string;
  readonly role: Role;
  readonly grants: Grants;
  readonly policy: Policy;
  /** In the order of joining; this participant included. */
  readonly participants: ReadonlyMap<string, Participant>;
  readonly publications: ReadonlyMap<string, Publication>;
  readonly speaking: ReadonlySet<string>;
  /** Who spoke last, by the server's word; stays until somebody else does. */
  readonly dominant?: string | undefined;
  /** Raised hands, who waits longest first: the server's order. */
  readonly hands: readonly Hand[];
  /** Publications that hosts show large to everybody, in order. */
  readonly spotlight: readonly string[];
  /** Who waits to be let in, longest first; hosts only. */
  readonly lobby: readonly Waiting[];
  /** How this participant receives others, by publication. */
  readonly receptions: ReadonlyMap<string, Reception>;
  /** Everybody's connection, by participant. */
  readonly qualities: ReadonlyMap<string, Quality>;
  readonly recording: RoomRecording;
}

export type Hand = Snapshot['hands'][number];
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
    hands: snapshot?.hands ?? [],
    spotlight: snapshot?.spotlight ?? [],
    lobby: snapshot?.lobby ?? [],
    receptions: new Map(),
    qualities: new Map(),
    recording: recordingOfSnapshot(known?.recording, snapshot?.recording ?? null),
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
      return { ...room, qualities: withQualities(room.qualities, message.d.items) };
    case 'speakers':
      return updateSpeakers(room, message.d);
    case 'grants':
      return withRights(room, message.d);
    case 'policy':
      return { ...room, policy: { ...room.policy, ...defined(message.d) } };
    case 'hand.list':
      return { ...room, hands: message.d.items };
    case 'spotlight':
      return { ...room, spotlight: message.d.publication_ids };
    case 'lobby.list':
      return { ...room, lobby: message.d.items };
    case 'recording.state':
    case 'recording.consent_request':
      return { ...room, recording: recordingAfter(room.recording, message) };
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
  const { hand_at, avatar_url, ...rest } = change;
  const updated: Participant = { ...known, ...defined(rest) };
  if (hand_at === null) delete updated.hand_at;
  else if (hand_at !== undefined) updated.hand_at = hand_at;
  if (avatar_url === null) delete updated.avatar_url;
  else if (avatar_url !== undefined) updated.avatar_url = avatar_url;
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
  const hands = room.hands.filter(({ participant_id }) => participant_id !== id);
  const participants = without(room.participants, id);
  const qualities = without(room.qualities, id);
  return { ...room, participants, publications, speaking, hands, qualities };
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

function updateSpeakers(
  room: RoomState,
  { items, dominant: named }: ServerPayloads['speakers'],
): RoomState {
  const active = items.filter((item) => item.active).map((item) => item.participant_id);
  const same = active.length === room.speaking.size && active.every((id) => room.speaking.has(id));
  const dominant = named ?? room.dominant;
  if (same && dominant === room.dominant) return room;
  return { ...room, speaking: same ? room.speaking : new Set(active), dominant };
}

/** Who is no host any more does not know who waits. */
function withRights(room: RoomState, { role, grants }: ServerPayloads['grants']): RoomState {
  return { ...room, role, grants, lobby: isHost(role) ? room.lobby : [] };
}

/** 1 for who waits longest to speak; 0: the hand is down. */
export function handOrder({ hands }: RoomState, participantId: string): number {
  return hands.findIndex(({ participant_id }) => participant_id === participantId) + 1;
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
