/**
 * Feedback batches as a fixture, and what a controller makes of them: an input that is the same on
 * every machine, whatever its mathematical library does (T0.2). Times are kept as integers relative
 * to the batch's own, receive times in steps of 250 µs as transport-wide feedback carries them.
 */
import type { CongestionConfig } from '../congestion/config.js';
import { CongestionController } from '../congestion/congestion-controller.js';
import type { ClusterFacts, FeedbackBatch } from '../congestion/feedback-batch.js';

export interface RecordedBatch {
  readonly feedbackUs: number;
  readonly inFlight: number;
  readonly sequence: number;
  /** Before `feedbackUs`, µs. */
  readonly sent: readonly number[];
  /** Before `feedbackUs`, in 250 µs; null: lost. */
  readonly received: readonly (number | null)[];
  readonly sizes: readonly number[];
  /** Left out where no packet belongs to a probe. */
  readonly clusters?: readonly number[];
  readonly facts?: readonly ClusterFacts[];
  /** Start before `feedbackUs`, µs, and bytes in turn. */
  readonly bins: readonly number[];
}

/** What is compared: rates in bit/s after each batch, and those of the probes asked for. */
export interface Estimates {
  readonly target: readonly number[];
  readonly delay: readonly number[];
  readonly probes: readonly (readonly [batch: number, rateBps: number])[];
}

const TICK_US = 250;

export function recordBatch(batch: FeedbackBatch): RecordedBatch {
  const { feedbackUs, clusterFacts } = batch;
  const before = (atUs: number) => Math.round(feedbackUs - atUs);
  const ticks = (atUs: number) =>
    Number.isNaN(atUs) ? null : Math.round((feedbackUs - atUs) / TICK_US);
  const isProbed = batch.clusters.some((cluster) => cluster >= 0);
  return {
    feedbackUs,
    inFlight: batch.dataInFlight,
    sequence: batch.sequences[0] ?? 0,
    sent: Array.from(batch.sentUs, before),
    received: Array.from(batch.receivedUs, ticks),
    sizes: [...batch.sizes],
    ...(isProbed ? { clusters: [...batch.clusters], facts: clusterFacts.map(factsOf) } : {}),
    bins: Array.from(batch.sentBinUs).flatMap((atUs, bin) => [
      before(atUs),
      batch.sentBinBytes[bin] as number,
    ]),
  };
}

function factsOf({ id, minPackets, minBytes }: ClusterFacts): ClusterFacts {
  return { id, minPackets, minBytes };
}

export function batchOf(recorded: RecordedBatch): FeedbackBatch {
  const { feedbackUs, sequence, sent, received, sizes, clusters, bins } = recorded;
  return {
    feedbackUs,
    dataInFlight: recorded.inFlight,
    lastSentUs: feedbackUs,
    sequences: Float64Array.from(sent, (_, index) => sequence + index),
    sentUs: Float64Array.from(sent, (before) => feedbackUs - before),
    receivedUs: Float64Array.from(received, (ticks) =>
      ticks === null ? Number.NaN : feedbackUs - TICK_US * ticks,
    ),
    sizes: Uint32Array.from(sizes),
    clusters: Int32Array.from(clusters ?? sent.map(() => -1)),
    flags: new Uint8Array(sent.length),
    clusterFacts: recorded.facts ?? [],
    sentBinUs: Float64Array.from(
      bins.filter((_, index) => index % 2 === 0),
      (before) => feedbackUs - before,
    ),
    sentBinBytes: Uint32Array.from(bins.filter((_, index) => index % 2 === 1)),
  };
}

/** The sequence of estimates that the batches give, one after the other as they arrived. */
export function estimatesOf(
  batches: readonly RecordedBatch[],
  config: CongestionConfig,
): Estimates {
  const controller = new CongestionController(config);
  // Whoever probes for what is lacking forwards layers.
  controller.handleDemand({ wantBps: 5_000_000, isStepped: config.isDeficiencyProbed });
  controller.start((batches[0]?.feedbackUs ?? 0) - 100_000);
  const target: number[] = [];
  const delay: number[] = [];
  const probes: [number, number][] = [];
  for (const [index, recorded] of batches.entries()) {
    controller.handleTimeout(recorded.feedbackUs - 250_000);
    const rates = controller.handleFeedback(batchOf(recorded));
    for (const { rateBps } of rates?.probes ?? []) probes.push([index, rateBps]);
    const { targetBps, delayBps } = controller.reading();
    target.push(targetBps);
    delay.push(delayBps);
  }
  return { target, delay, probes };
}
