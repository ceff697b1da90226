/**
 * Statistics under the names of W3C webrtc-stats (https://www.w3.org/TR/webrtc-stats/), seen from
 * the node: what a client sends is `inbound`, what it receives is `outbound`. Times in seconds.
 */

import type { NodeLoad } from './cost-model.js';
import {
  type InboundStats as EngineInbound,
  type OutboundStats as EngineOutbound,
  type EngineStats,
  type TransportStats as EngineTransport,
  type ShardStats,
  srtpProfileValues,
  transportStateValues,
} from './engine/contract.gen.js';
import { type Handle, NO_HANDLE } from './engine/handle.js';
import type { LinkState } from './link.js';
import type { LiveParticipant } from './participant.js';
import type { LiveRoom } from './room.js';
import type { Direction, TransportState } from './transport.js';

export type { ShardStats };

interface Owner {
  roomId: string;
  participantId: string;
}

export interface TransportStats extends Owner {
  /** `both`: a PlainTransport. */
  direction: Direction | 'both';
  state: TransportState;
  packetsReceived: number;
  bytesReceived: number;
  packetsSent: number;
  bytesSent: number;
  /** STUN requests with valid integrity. */
  requestsReceived: number;
  /** Seconds; 0 while unknown. */
  currentRoundTripTime: number;
  /** What the way to the client is thought to carry, bit/s; 0 where nothing was sent. */
  availableOutgoingBitrate: number;
  srtpCipher: string;
  packetsDiscarded: number;
}

/** This node's end of a link. */
export interface LinkStats {
  roomId: string;
  linkId: string;
  state: LinkState;
  packetsReceived: number;
  bytesReceived: number;
  packetsSent: number;
  bytesSent: number;
  /** Seconds, by sender and receiver reports; 0 while unknown. */
  currentRoundTripTime: number;
  packetsDiscarded: number;
}

/** One SSRC that a client sends, RTX included. */
export interface InboundStreamStats extends Owner {
  publicationId: string;
  kind: 'audio' | 'video';
  encodingIndex: number;
  ssrc: number;
  payloadType: number;
  packetsReceived: number;
  bytesReceived: number;
  /** May be negative with duplicates (RFC 3550 §6.4.1). */
  packetsLost: number;
  /** Seconds. */
  jitter: number;
  keyFramesReceived: number;
  nackCount: number;
  pliCount: number;
  retransmittedPacketsReceived: number;
  /** Losses that a retransmission made good. */
  packetsRepaired: number;
  packetsDuplicated: number;
}

/** One SSRC that a client receives. */
export interface OutboundStreamStats extends Owner {
  /** null: nothing flows through the slot now. */
  publicationId: string | null;
  mid: string;
  kind: 'audio' | 'video';
  ssrc: number;
  payloadType: number;
  packetsSent: number;
  bytesSent: number;
  retransmittedPacketsSent: number;
  nackCount: number;
  pliCount: number;
  /** What the client reports (`remote-inbound-rtp`): packets, 0–1, seconds, seconds. */
  remotePacketsLost: number;
  remoteFractionLost: number;
  roundTripTime: number;
  remoteJitter: number;
}

export interface NodeSummary {
  rooms: number;
  participants: number;
  /** How busy the media threads are, and what still fits. */
  load: NodeLoad;
  /** Counters of each media thread since its start; times in microseconds. */
  shards: ShardStats[];
}

export interface NodeStats extends NodeSummary {
  transports: TransportStats[];
  inbound: InboundStreamStats[];
  outbound: OutboundStreamStats[];
  links: LinkStats[];
}

const US_PER_S = 1e6;

/** What belongs to one participant. */
export type ParticipantStats = Pick<NodeStats, 'transports' | 'inbound' | 'outbound'>;

export function describeStats(
  stats: EngineStats,
  load: NodeLoad,
  rooms: readonly LiveRoom[],
): NodeStats {
  const named = new NamedStats(stats);
  const participants = rooms.flatMap((room) => [...room.participants.values()]);
  const each = participants.map((participant) => named.of(participant));
  return {
    rooms: rooms.length,
    participants: participants.length,
    load,
    shards: stats.shards,
    transports: each.flatMap(({ transports }) => transports),
    inbound: each.flatMap(({ inbound }) => inbound),
    outbound: each.flatMap(({ outbound }) => outbound),
    links: rooms.flatMap((room) => named.linksOf(room)),
  };
}

/** Names the rows by the objects they belong to; rows of objects that just closed are left out. */
export class NamedStats {
  readonly #rows: Rows;

  constructor({ transports, inbound, outbound }: EngineStats) {
    this.#rows = {
      transports: groupedBy(transports, 'handle'),
      inbound: groupedBy(inbound, 'publication'),
      outbound: groupedBy(outbound, 'outbound'),
    };
  }

  linksOf(room: LiveRoom): LinkStats[] {
    return [...room.links.values()].flatMap(({ id, state, handle }) =>
      (this.#rows.transports.get(handle) ?? []).map((row) => {
        const { srtpCipher: _, requestsReceived: __, ...counters } = describeTransport(row);
        return { ...counters, roomId: room.id, linkId: id, state };
      }),
    );
  }

  of(participant: LiveParticipant): ParticipantStats {
    return {
      transports: transportsOf(participant, this.#rows),
      inbound: inboundOf(participant, this.#rows),
      outbound: outboundOf(participant, this.#rows),
    };
  }
}

interface Rows {
  transports: Map<number, EngineTransport[]>;
  inbound: Map<number, EngineInbound[]>;
  outbound: Map<number, EngineOutbound[]>;
}

function groupedBy<T>(rows: readonly T[], key: keyof T): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const row of rows) {
    const handle = row[key] as number;
    const group = groups.get(handle);
    if (group) group.push(row);
    else groups.set(handle, [row]);
  }
  return groups;
}

function ownerOf({ id, room }: LiveParticipant): Owner {
  return { roomId: room.id, participantId: id };
}

function transportsOf(participant: LiveParticipant, { transports }: Rows): TransportStats[] {
  const { publishTransport, subscribeTransport, plainTransports } = participant;
  const estimateBps = { publish: 0, subscribe: subscribeTransport.downlink.knownBps, both: 0 };
  const describe = (direction: TransportStats['direction'], handle: Handle | null) =>
    (transports.get(handle ?? NO_HANDLE) ?? []).map((row) => ({
      ...ownerOf(participant),
      direction,
      availableOutgoingBitrate: estimateBps[direction],
      ...describeTransport(row),
    }));
  return [
    ...describe('publish', publishTransport.handle),
    ...describe('subscribe', subscribeTransport.handle),
    ...[...plainTransports].flatMap(({ handle }) => describe('both', handle)),
  ];
}

function inboundOf(participant: LiveParticipant, { inbound }: Rows): InboundStreamStats[] {
  return [...participant.publications.values()].flatMap(({ id, kind, handle }) =>
    (inbound.get(handle) ?? []).map((row) => ({
      ...ownerOf(participant),
      publicationId: id,
      kind,
      ...describeInbound(row),
    })),
  );
}

function outboundOf(participant: LiveParticipant, { outbound }: Rows): OutboundStreamStats[] {
  const plain = [...participant.plainTransports].flatMap(({ slots }) => [...slots]);
  return [...participant.subscribeTransport.openSlots, ...plain].flatMap((slot) =>
    (outbound.get(slot.outbound ?? NO_HANDLE) ?? []).map((row) => ({
      ...ownerOf(participant),
      publicationId: slot.subscription?.publication.id ?? null,
      mid: slot.description.mid,
      kind: slot.description.kind,
      ...describeOutbound(row),
    })),
  );
}

function describeTransport(row: EngineTransport) {
  return {
    state: transportStateValues[row.state] ?? 'new',
    packetsReceived: row.packetsReceived,
    bytesReceived: row.bytesReceived,
    packetsSent: row.packetsSent,
    bytesSent: row.bytesSent,
    requestsReceived: row.stunRequestsReceived,
    currentRoundTripTime: row.rttUs / US_PER_S,
    srtpCipher: srtpProfileValues[row.srtpProfile] ?? 'none',
    packetsDiscarded: row.dropped,
  };
}

function describeInbound(row: EngineInbound) {
  return {
    encodingIndex: row.encoding,
    ssrc: row.ssrc,
    payloadType: row.payloadType,
    packetsReceived: row.packetsReceived,
    bytesReceived: row.bytesReceived,
    packetsLost: row.packetsLost,
    jitter: row.jitterUs / US_PER_S,
    keyFramesReceived: row.framesKey,
    nackCount: row.nackSent,
    pliCount: row.pliSent,
    retransmittedPacketsReceived: row.rtxReceived,
    packetsRepaired: row.packetsRepaired,
    packetsDuplicated: row.duplicates,
  };
}

function describeOutbound(row: EngineOutbound) {
  return {
    ssrc: row.ssrc,
    payloadType: row.payloadType,
    packetsSent: row.packetsSent,
    bytesSent: row.bytesSent,
    retransmittedPacketsSent: row.rtxSent,
    nackCount: row.nackReceived,
    pliCount: row.pliReceived,
    remotePacketsLost: row.remotePacketsLost,
    remoteFractionLost: row.remoteFractionLost,
    roundTripTime: row.rttUs / US_PER_S,
    remoteJitter: row.remoteJitterUs / US_PER_S,
  };
}
