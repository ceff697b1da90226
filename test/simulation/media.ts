import { type MediaNode, PlenumError } from '../../lib/index.js';
import { MediaRoom } from './media-room.js';

/** The library without media: rooms and who is in them. */
export class SimMedia {
  readonly rooms = new Set<MediaRoom>();
  isFull = false;

  constructor(private readonly newId: () => string) {}

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

  /** Which of them there are, if any. */
  find(roomId: string): MediaRoom | undefined {
    return [...this.rooms].find(({ id }) => id === roomId);
  }

  private createRoom(id: string): MediaRoom {
    const room: MediaRoom = new MediaRoom(id, this.newId, () => this.rooms.delete(room));
    this.rooms.add(room);
    return room;
  }
}
