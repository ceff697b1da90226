/** How good everybody's connection is, in three levels: a pure function of `quality` (api §4). */
import type { ServerPayloads } from '../../../client/src/index.js';

export interface Quality {
  readonly level: 'good' | 'fair' | 'poor';
  /** Whose way loses packets: what the person sends, or what the person receives. */
  readonly side?: 'uplink' | 'downlink';
}

type Item = ServerPayloads['quality']['items'][number];

/** Loss below this says nothing about a side: shares of packets. */
const noticeableLoss = 0.02;
/** One packet in ten is poor, whatever repair makes of it; two seconds count few packets. */
const poorLoss = 0.07;

/** @param items of those whose connection is not as it was told before. */
export function withQualities(
  before: ReadonlyMap<string, Quality>,
  items: readonly Item[],
): ReadonlyMap<string, Quality> {
  const now = items.map((item) => [item.participant_id, qualityOf(item)] as const);
  return new Map([...before, ...now]);
}

/** Scores go from 1 to 5. */
function qualityOf({ score, uplink_loss, downlink_loss }: Item): Quality {
  const loss = Math.max(uplink_loss, downlink_loss);
  const level = score < 3 || loss >= poorLoss ? 'poor' : score < 4 ? 'fair' : 'good';
  if (level === 'good' || loss < noticeableLoss) return { level };
  return { level, side: uplink_loss >= downlink_loss ? 'uplink' : 'downlink' };
}
