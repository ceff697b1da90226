import { EventEmitter } from 'node:events';
import { type MediaNode, PlenumError } from '../../lib/index.js';

/** Who is in a room of the library; nothing flows. */
class MediaRoom extends EventEmitter {
  readonly participants = new Map<string, object>();
  readonly publications = new Map<string, object>();
  readonly linkAddresses: readonly object[] = [];

  constructor(
    readonly id: string,
    private readonly closed: () => void,
  ) {
    super();
  }

  addParticipant({ id }: { id: string }): object {
    if (this.participants.has(id)) throw new PlenumError('conflict');
    const transport = Object.assign(new EventEmitter(), { resync: () => {} });
    const participant = Object.assign(new EventEmitter(), {
      ...{ id, publishTransport: transport, subscribeTransport: transport },
      ...{ subscriptions: new Map(), publications: new Map() },
      close: () => this.participants.delete(id),
    });
    this.participants.set(id, participant);
    return participant;
  }

  checkCapacity(): void {}

  close(): void {
    this.participants.clear();
    this.closed();
  }
}

/** The library without media: rooms and who is in them. */
export class SimMedia {
  readonly rooms = new Set<MediaRoom>();
  isFull = false;

  /** As `InProcessNode` knows it. */
  get node(): MediaNode {
    const part = {
      createRoom: ({ id }: { id: string }) => this.createRoom(id),
      checkCapacity: () => {
        if (this.isFull) throw new PlenumError('no_capacity');
      },
      summary: () => ({
        rooms: this.rooms.size,
        participants: [...this.rooms].reduce((sum, room) => sum + room.participants.size, 0),
        load: { stressRatio: this.isFull ? 1 : 0.1 * this.rooms.size, isFull: this.isFull },
        shards: [],
      }),
    };
    return part as unknown as MediaNode;
  }

  private createRoom(id: string): MediaRoom {
    const room: MediaRoom = new MediaRoom(id, () => this.rooms.delete(room));
    this.rooms.add(room);
    return room;
  }
}
