/** What the driver and the node under test tell each other. */
import type { ShardStats } from '../../lib/index.js';

export interface NodeSetup {
  address: string;
  shards: number;
  pacing: 'off' | 'gcc';
  rooms: number;
  gso: boolean;
  /** Whether ipsec-mb is used where the processor can. */
  batchCipher: boolean;
  /** How many of the loudest are forwarded; 0: all. */
  loudest: number;
}

interface Joins {
  room: number;
  id: string;
  publishes: boolean;
}

export interface OffersSdp extends Joins {
  sdp: string;
}

export interface JoinsPlainly extends Joins {
  remote: { address: string; port: number };
  plain: { profile: 'gcm' | 'cm'; up: string; down: string };
  kind: 'audio' | 'video';
  ssrc: number;
}

export type JoinRequest = OffersSdp | JoinsPlainly;

export type NodeAnswer = { sdp: string } | { place: Readonly<{ address: string; port: number }> };

export interface NodeReading {
  shards: ShardStats[];
  rssBytes: number;
  /** Of the whole process, media threads included. */
  processCpuUs: number;
  /** Of the media threads, by the kernel's account. */
  mediaCpuUs: number;
}
