/** What a probe cluster measured (§1.9.3; libwebrtc probe_bitrate_estimator). */
import type { ClusterFacts } from './feedback-batch.js';

const MIN_SHARE = 0.8;
const MAX_INTERVAL_US = 1_000_000;
const MAX_AGE_US = 1_000_000;
const MAX_RATIO = 2;
/** Received at less than this share of the sending rate: the link is saturated, aim below it. */
const SATURATED_RATIO = 0.9;
const SATURATED_AIM = 0.95;

interface Cluster {
  count: number;
  bytes: number;
  firstSentUs: number;
  lastSentUs: number;
  lastSentBytes: number;
  firstReceivedUs: number;
  firstReceivedBytes: number;
  lastReceivedUs: number;
}

export class ProbeEstimator {
  readonly #clusters = new Map<number, Cluster>();
  #resultBps: number | undefined;

  /** One received packet of a cluster, in the order of arrival. */
  add(facts: ClusterFacts, sentUs: number, receivedUs: number, bytes: number): void {
    this.#forgetOld(receivedUs);
    let cluster = this.#clusters.get(facts.id);
    if (!cluster) {
      cluster = {
        count: 0,
        bytes: 0,
        firstSentUs: Number.POSITIVE_INFINITY,
        lastSentUs: Number.NEGATIVE_INFINITY,
        lastSentBytes: 0,
        firstReceivedUs: Number.POSITIVE_INFINITY,
        firstReceivedBytes: 0,
        lastReceivedUs: Number.NEGATIVE_INFINITY,
      };
      this.#clusters.set(facts.id, cluster);
    }
    addTo(cluster, sentUs, receivedUs, bytes);
    if (cluster.count < Math.floor(MIN_SHARE * facts.minPackets)) return;
    if (cluster.bytes < MIN_SHARE * facts.minBytes) return;
    this.#resultBps = rateOf(cluster) ?? this.#resultBps;
  }

  /** The newest result since the last call, bit/s. */
  take(): number | undefined {
    const result = this.#resultBps;
    this.#resultBps = undefined;
    return result;
  }

  #forgetOld(nowUs: number): void {
    for (const [id, { lastReceivedUs }] of this.#clusters) {
      if (nowUs - lastReceivedUs > MAX_AGE_US) this.#clusters.delete(id);
    }
  }
}

function addTo(cluster: Cluster, sentUs: number, receivedUs: number, bytes: number): void {
  cluster.count += 1;
  cluster.bytes += bytes;
  cluster.firstSentUs = Math.min(cluster.firstSentUs, sentUs);
  if (sentUs > cluster.lastSentUs) {
    cluster.lastSentUs = sentUs;
    cluster.lastSentBytes = bytes;
  }
  if (receivedUs < cluster.firstReceivedUs) {
    cluster.firstReceivedUs = receivedUs;
    cluster.firstReceivedBytes = bytes;
  }
  cluster.lastReceivedUs = Math.max(cluster.lastReceivedUs, receivedUs);
}

function rateOf(cluster: Cluster): number | undefined {
  const sentUs = cluster.lastSentUs - cluster.firstSentUs;
  const receivedUs = cluster.lastReceivedUs - cluster.firstReceivedUs;
  if (sentUs <= 0 || sentUs > MAX_INTERVAL_US) return undefined;
  if (receivedUs <= 0 || receivedUs > MAX_INTERVAL_US) return undefined;
  const sentBps = (8e6 * (cluster.bytes - cluster.lastSentBytes)) / sentUs;
  const receivedBps = (8e6 * (cluster.bytes - cluster.firstReceivedBytes)) / receivedUs;
  if (receivedBps / sentBps > MAX_RATIO) return undefined;
  if (receivedBps < SATURATED_RATIO * sentBps) return SATURATED_AIM * receivedBps;
  return Math.min(sentBps, receivedBps);
}
