/**
 * How good everybody's connection to the node is, from what the engine counted since the last time.
 * The score is the E-model of speech (ITU-T G.107 in its usual short form: delay and loss take from
 * 93.2), told in five steps, and never better than what the picture shows.
 */
import type { ParticipantStats } from './stats.js';

/** Of one participant, over the last interval. */
export interface ConnectionQuality {
  participantId: string;
  /** 1 (bad) to 5. */
  score: number;
  /** 0–1: of what the participant sends, of what it receives; before any repair. */
  uplinkLoss: number;
  downlinkLoss: number;
  /** 0 while unknown. */
  rttMs: number;
}

/** What the allocator says of a participant's video. */
export interface PictureState {
  /** Something is paused, or lower than its tile could show, for lack of bandwidth. */
  isPaused: boolean;
  isReduced: boolean;
}

/** From this rating on (of 93.2) the scores 5, 4, 3 and 2 are given. */
const STEPS = [80, 70, 60, 45];
/** Jitter buffers and codecs, on top of the way itself. */
const DEVICE_DELAY_MS = 40;
const BEST_RATING = 93.2;

/** @param loss the worse of both directions, 0–1. */
export function scoreOf(loss: number, rttMs: number, picture: PictureState): number {
  const delayMs = rttMs / 2 + DEVICE_DELAY_MS;
  const lateness = delayMs < 160 ? delayMs / 40 : (delayMs - 120) / 10;
  const rating = BEST_RATING - lateness - 250 * loss;
  const reached = STEPS.filter((step) => rating >= step).length;
  const limit = picture.isPaused ? 2 : picture.isReduced ? 4 : 5;
  return Math.min(limit, 1 + reached);
}

interface Counters {
  received: number;
  receivedLost: number;
  sent: number;
  sentLost: number;
}

const NOTHING: Counters = { received: 0, receivedLost: 0, sent: 0, sentLost: 0 };

/** Compares the counters of people with those of the last time. */
export class QualityMeter {
  readonly #before = new WeakMap<object, Counters>();

  measure(
    participant: { readonly id: string },
    stats: ParticipantStats,
    picture: PictureState,
  ): ConnectionQuality {
    const before = this.#before.get(participant) ?? NOTHING;
    const now = countersOf(stats);
    this.#before.set(participant, now);
    return { participantId: participant.id, ...compare(stats, now, before, picture) };
  }
}

function countersOf({ inbound, outbound }: ParticipantStats): Counters {
  const sum = <Row>(rows: readonly Row[], of: (row: Row) => number) =>
    rows.reduce((total, row) => total + of(row), 0);
  return {
    received: sum(inbound, (row) => row.packetsReceived),
    receivedLost: sum(inbound, (row) => row.packetsLost),
    sent: sum(outbound, (row) => row.packetsSent),
    sentLost: sum(outbound, (row) => row.remotePacketsLost),
  };
}

function compare(
  { transports, outbound }: ParticipantStats,
  now: Counters,
  before: Counters,
  picture: PictureState,
): Omit<ConnectionQuality, 'participantId'> {
  const received = now.received - before.received;
  const receivedLost = now.receivedLost - before.receivedLost;
  const uplinkLoss = shareOf(receivedLost, received + Math.max(0, receivedLost));
  const downlinkLoss = shareOf(now.sentLost - before.sentLost, now.sent - before.sent);
  const trips = [
    ...outbound.map((row) => row.roundTripTime),
    ...transports.map((row) => row.currentRoundTripTime),
  ].filter((seconds) => seconds > 0);
  const rttMs = trips.length === 0 ? 0 : Math.round(1000 * Math.min(...trips));
  const score = scoreOf(Math.max(uplinkLoss, downlinkLoss), rttMs, picture);
  return { score, uplinkLoss, downlinkLoss, rttMs };
}

/** Streams that ended take their counters with them: then nothing can be said. */
function shareOf(part: number, whole: number): number {
  if (part <= 0 || whole <= 0) return 0;
  return Math.round(1000 * Math.min(1, part / whole)) / 1000;
}
