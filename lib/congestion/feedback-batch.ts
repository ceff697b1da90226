/**
 * What the controller is fed with: one batch per transport-wide feedback message, joined with the
 * history of what was sent (R0.1). Structurally the engine's `congestionFeedback` event.
 *
 * Columns are of equal length, in the order of sequence numbers. Times are microseconds; `sentUs`
 * and `feedbackUs` are of the engine's clock, `receivedUs` of a clock whose zero means nothing.
 */
export interface FeedbackBatch {
  /** When the message was read from the socket. */
  readonly feedbackUs: number;
  /** Bytes sent and not yet acknowledged. */
  readonly dataInFlight: number;
  /** When the newest packet left, acknowledged or not. */
  readonly lastSentUs: number;
  /** Unwrapped transport-wide numbers. */
  readonly sequences: Float64Array;
  readonly sentUs: Float64Array;
  /** NaN: reported lost. */
  readonly receivedUs: Float64Array;
  /** Bytes on the wire, the overhead of addresses included. */
  readonly sizes: Uint32Array;
  /** Probe cluster of the packet, -1: none. */
  readonly clusters: Int32Array;
  readonly flags: Uint8Array;
  /** The clusters that `clusters` names. */
  readonly clusterFacts: readonly ClusterFacts[];
  /** Everything sent since the last batch, by bins of send time: their starts and bytes. */
  readonly sentBinUs: Float64Array;
  readonly sentBinBytes: Uint32Array;
}

export interface ClusterFacts {
  readonly id: number;
  readonly minPackets: number;
  readonly minBytes: number;
}

/** The received packets of a batch as indices into its columns, in the order of arrival. */
export function arrivalOrder({ receivedUs }: Pick<FeedbackBatch, 'receivedUs'>): number[] {
  const order: number[] = [];
  let isSorted = true;
  let latest = Number.NEGATIVE_INFINITY;
  for (let index = 0; index < receivedUs.length; index += 1) {
    const at = receivedUs[index] as number;
    if (Number.isNaN(at)) continue;
    if (at < latest) isSorted = false;
    latest = at;
    order.push(index);
  }
  if (!isSorted) {
    order.sort((a, b) => (receivedUs[a] as number) - (receivedUs[b] as number) || a - b);
  }
  return order;
}
