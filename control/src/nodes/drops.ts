/** Counters of a media thread since its start. */
type Counters = Readonly<Record<string, number>>;

/** Packets that a node should have passed on, and was too busy for. */
const lost = ['kernelDrops', 'poolShortages', 'sendRunsRefused'] as const;

/** Which part of its packets a node drops, from one look to the next. */
export class Drops {
  private last = { lost: 0, all: 0 };

  /** 0 to 1, since the last call. */
  ratio(shards: readonly Counters[]): number {
    const now = { lost: sum(shards, lost), all: sum(shards, ['rtpReceived', 'packetsSent']) };
    const { last } = this;
    this.last = now;
    const dropped = now.lost - last.lost;
    return dropped <= 0 ? 0 : dropped / Math.max(1, now.all - last.all + dropped);
  }
}

function sum(shards: readonly Counters[], names: readonly string[]): number {
  return shards.reduce(
    (total, shard) => total + names.reduce((own, name) => own + (shard[name] ?? 0), 0),
    0,
  );
}
