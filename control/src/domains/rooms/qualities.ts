import type { ServerPayloads } from '../../schemas/server-messages.js';
import { type Seat, write } from './seat.js';

type Quality = ServerPayloads['quality']['items'][number];

/** Less is not told: shares of packets, and of a round trip. */
const noticeableLoss = 0.005;
const noticeableMs = 10;
const noticeableShare = 0.2;

/**
 * How good everybody's connection is, as it was told. Whoever has just come is told of all, the others
 * of what is news: all of it to all, every time, would grow with the square of a room.
 */
export class Qualities {
  /** By whoever measured them: a node, of the people that it has. */
  private readonly toldBy = new Map<object, Map<string, Quality>>();

  /** @param items of everybody whom `by` measures. */
  tell(by: object, items: readonly Quality[], seats: Iterable<Seat>): void {
    const news: Quality[] = [];
    const known = this.toldBy.get(by);
    const told = new Map<string, Quality>();
    for (const item of items) {
      const before = known?.get(item.participant_id);
      const isNews = before === undefined || differs(before, item);
      if (isNews) news.push(item);
      told.set(item.participant_id, isNews ? item : before);
    }
    this.toldBy.set(by, told);
    this.send(news, seats);
  }

  forget(by: object): void {
    this.toldBy.delete(by);
  }

  private send(news: Quality[], seats: Iterable<Seat>): void {
    const ofNews = news.length > 0 ? write('quality', { items: news }) : null;
    let ofAll: ReturnType<typeof this.all> | undefined;
    for (const seat of seats) {
      if (!seat.isConnected) continue;
      if (!seat.knowsQualities) {
        ofAll ??= this.all();
        seat.knowsQualities = seat.whisper(ofAll);
      } else if (ofNews !== null) seat.knowsQualities = seat.whisper(ofNews);
    }
  }

  private all() {
    return write('quality', {
      items: [...this.toldBy.values()].flatMap((told) => [...told.values()]),
    });
  }
}

function differs(told: Quality, now: Quality): boolean {
  const rttMs = Math.abs(now.rtt_ms - told.rtt_ms);
  const isMeasured = ({ rtt_ms }: Quality) => rtt_ms > 0;
  return (
    isMeasured(now) !== isMeasured(told) ||
    now.score !== told.score ||
    Math.abs(now.uplink_loss - told.uplink_loss) >= noticeableLoss ||
    Math.abs(now.downlink_loss - told.downlink_loss) >= noticeableLoss ||
    rttMs > Math.max(noticeableMs, noticeableShare * told.rtt_ms)
  );
}
