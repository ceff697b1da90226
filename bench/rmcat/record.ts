/** From what both relays noted to the record of a run, as the scorecard's metrics read it. */
import type { Conditions } from '../scorecard/conditions.js';
import { FlowRecord } from '../scorecard/flow-record.js';
import type { CapacityStep, LinkOptions } from '../scorecard/link.js';
import type { Passage } from './passage.js';

/** Addresses, as the metrics count them (`meta.metrics` of the scenario file). */
export const ADDRESS_BYTES = 48;

export interface Passages {
  /** When the scenario began, on the clock of the passages. */
  readonly zeroUs: number;
  readonly entered: readonly Passage[];
  readonly left: readonly Passage[];
  /** SSRCs to flows. */
  readonly flowOf: ReadonlyMap<number, string>;
}

export function recordsOf(conditions: Conditions, passages: Passages): FlowRecord[] {
  const { zeroUs, entered, flowOf } = passages;
  const { timeline = [], queueUs = 0 }: Partial<LinkOptions> = conditions.links.forward ?? {};
  const arrivals = new Map(passages.left.map((passage) => [keyOf(passage), passage]));
  const records = new Map(conditions.media.map(({ id }) => [id, new FlowRecord(id, true)]));
  for (const packet of entered) {
    const record = records.get(flowOf.get(packet.ssrc) ?? '');
    if (!record) continue;
    const bytes = packet.bytes + ADDRESS_BYTES;
    const arrival = arrivals.get(keyOf(packet));
    const sentUs = packet.atUs - zeroUs;
    // What is missing found the queue full.
    if (!arrival) record.add(sentUs, bytes, queueUs, Number.NaN);
    else {
      const onLinkUs = (8e6 * bytes) / capacityBps(timeline, arrival.atUs - zeroUs);
      const waitUs = Math.max(0, arrival.atUs - packet.atUs - onLinkUs);
      record.add(sentUs, bytes, waitUs, arrival.releasedUs - zeroUs);
    }
  }
  return [...records.values()];
}

function keyOf({ ssrc, sequence }: Passage): number {
  return 0x10000 * ssrc + sequence;
}

function capacityBps(timeline: readonly CapacityStep[], atUs: number): number {
  const step = timeline.findLast((one) => one.atUs <= atUs) ?? timeline[0];
  return step?.bps ?? Number.POSITIVE_INFINITY;
}
