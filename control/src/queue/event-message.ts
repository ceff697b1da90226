import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { isoTime, parseTime } from '../clock.js';
import { isId } from '../ids.js';

/** What an event tells outside of Postgres. Neither names nor words of people are in it. */
export interface AnalyticsEvent {
  eventId: string;
  type: string;
  meetingId: string;
  roomId: string;
  /** Gap-free in its room. */
  roomSeq: number;
  participantId: string | null;
  userId: string | null;
  /** Milliseconds since 1970. */
  at: number;
  facts: EventFacts;
}

/**
 * What of a payload goes out. Only what is named here does: a field that a domain adds later stays in
 * Postgres until somebody has thought about it.
 */
export interface EventFacts {
  reason?: string;
  role?: string;
  /** Of programs; people have none. */
  kind?: string;
  source?: string;
  lobby?: boolean;
  is_private?: boolean;
}

const words = ['reason', 'role', 'kind', 'source'] as const;
const flags = ['lobby', 'is_private'] as const;
const maxWordLength = 64;

export function factsOf(payload: Record<string, unknown>): EventFacts {
  const facts: EventFacts = {};
  for (const name of words) {
    const value = payload[name];
    if (typeof value === 'string' && value.length <= maxWordLength) facts[name] = value;
  }
  for (const name of flags) if (payload[name] === true) facts[name] = true;
  return facts;
}

/** The form on the way. A reader that meets another one leaves the message to the dead letters. */
const version = 1;
/** Ours have 500 bytes. */
export const maxEventBytes = 16 * 1024;
/** ClickHouse's Date ends in 2149, that of older servers in 2105. */
const latest = Date.UTC(2100, 0);

const Word = Type.String({ maxLength: maxWordLength });
const Id = Type.String({ maxLength: 36 });
const Body = Type.Object({
  event_id: Id,
  type: Type.String({ minLength: 1, maxLength: 64 }),
  meeting_id: Id,
  room_id: Id,
  room_seq: Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER }),
  participant_id: Type.Union([Id, Type.Null()]),
  user_id: Type.Union([Id, Type.Null()]),
  at: Type.String({ maxLength: 32 }),
  facts: Type.Object({
    ...Object.fromEntries(words.map((name) => [name, Type.Optional(Word)])),
    ...Object.fromEntries(flags.map((name) => [name, Type.Optional(Type.Boolean())])),
  }),
});
const body = Compile(Body);

export function writeEvent(event: AnalyticsEvent): string {
  return JSON.stringify({
    v: version,
    event_id: event.eventId,
    type: event.type,
    meeting_id: event.meetingId,
    room_id: event.roomId,
    room_seq: event.roomSeq,
    participant_id: event.participantId,
    user_id: event.userId,
    at: isoTime(event.at),
    facts: event.facts,
  });
}

export type PoisonReason = 'empty' | 'too_large' | 'not_json' | 'unknown_version' | 'malformed';

/** Why a message is no event of ours. */
export class Poison extends Error {
  constructor(readonly reason: PoisonReason) {
    super(reason);
  }
}

/** @throws Poison, and nothing else, whatever the bytes are. */
export function readEvent(value: Buffer | null): AnalyticsEvent {
  if (value === null || value.length === 0) throw new Poison('empty');
  if (value.length > maxEventBytes) throw new Poison('too_large');
  const read = parse(value);
  if (typeof read !== 'object' || read === null) throw new Poison('malformed');
  if ((read as { v?: unknown }).v !== version) throw new Poison('unknown_version');
  if (!body.Check(read)) throw new Poison('malformed');
  const ids = [read.event_id, read.meeting_id, read.room_id, read.participant_id, read.user_id];
  const at = parseTime(read.at);
  if (at === null || at >= latest) throw new Poison('malformed');
  if (!ids.every((id) => id === null || isId(id))) throw new Poison('malformed');
  return {
    eventId: read.event_id,
    type: read.type,
    meetingId: read.meeting_id,
    roomId: read.room_id,
    roomSeq: read.room_seq,
    participantId: read.participant_id,
    userId: read.user_id,
    at,
    facts: read.facts as EventFacts,
  };
}

function parse(value: Buffer): unknown {
  try {
    return JSON.parse(value.toString());
  } catch {
    throw new Poison('not_json');
  }
}
