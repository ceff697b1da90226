/**
 * How good everybody's connection to the node is, from what the engine counted since the last time.
 * The score is the E-model of speech (ITU-T G.107 in its usual short form: delay and loss take from
 * 93.2), told in five steps, and never better than what the picture shows.
 */
import type {
  InboundStreamStats,
  NodeStats,
  OutboundStreamStats,
  TransportStats,
} from './stats.js';

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

/** Compares the counters of a node with those of the last time. */
export class QualityMeter {
  /** By room and participant. */
  #before = new Map<string, Counters>();

  /** By room id, whoever is in it. */
  measure(
    stats: Pick<NodeStats, 'transports' | 'inbound' | 'outbound'>,
    pictureOf: (roomId: string, participantId: string) => PictureState,
  ): Map<string, ConnectionQuality[]> {
    const rows = groupRows(stats);
    const qualities = new Map<string, ConnectionQuality[]>();
    const before = this.#before;
    this.#before = new Map();
    for (const [key, row] of rows) {
      const counters = countersOf(row);
      this.#before.set(key, counters);
      const picture = pictureOf(row.roomId, row.participantId);
      const quality = compare(row, counters, before.get(key) ?? NOTHING, picture);
      const ofRoom = qualities.get(row.roomId);
      if (ofRoom) ofRoom.push(quality);
      else qualities.set(row.roomId, [quality]);
    }
    return qualities;
  }
}

interface Rows {
  roomId: string;
  participantId: string;
  transports: TransportStats[];
  inbound: InboundStreamStats[];
  outbound: OutboundStreamStats[];
}

function groupRows(stats: Pick<NodeStats, 'transports' | 'inbound' | 'outbound'>) {
  const groups = new Map<string, Rows>();
  for (const kind of ['transports', 'inbound', 'outbound'] as const) {
    for (const row of stats[kind]) {
      const { roomId, participantId } = row;
      const key = `${roomId} ${participantId}`;
      const group = groups.get(key) ?? {
        ...{ roomId, participantId, transports: [], inbound: [], outbound: [] },
      };
      (group[kind] as (typeof row)[]).push(row);
      groups.set(key, group);
    }
  }
  return groups;
}

function countersOf({ inbound, outbound }: Rows): Counters {
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
  { participantId, transports, outbound }: Rows,
  now: Counters,
  before: Counters,
  picture: PictureState,
): ConnectionQuality {
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
  return { participantId, score, uplinkLoss, downlinkLoss, rttMs };
}

/** Streams that ended take their counters with them: then nothing can be said. */
function shareOf(part: number, whole: number): number {
  if (part <= 0 || whole <= 0) return 0;
  return Math.round(1000 * Math.min(1, part / whole)) / 1000;
}
