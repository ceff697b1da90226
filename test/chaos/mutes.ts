/**
 * Somebody in each room switches the own microphone off and on, at a rate, while something fails: what
 * was said last and acknowledged is what everybody is told.
 */
import { codeOf } from '../../client/src/index.js';
import { eventually } from '../e2e/support/plenum.js';
import type { FaultContext } from './fault.js';
import { type Person, passing } from './people/person.js';
import type { Room } from './people/room.js';

export class Mutes {
  private readonly refused: string[] = [];
  private acknowledged = 0;
  private waiting = 0;
  private next = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly context: FaultContext,
    private readonly rooms: readonly Room[],
  ) {}

  start(perSecond: number): void {
    this.context.teardown(() => clearInterval(this.timer));
    this.timer = setInterval(() => {
      const room = this.rooms[this.next % this.rooms.length] as Room;
      this.next += 1;
      void this.send(whoMutes(room));
    }, 1000 / perSecond);
  }

  /** Resolves when each has its answer, and the last one of each room is that it is off. */
  async stop(): Promise<void> {
    clearInterval(this.timer);
    await eventually('every mute is answered', () => (this.waiting === 0 ? true : undefined));
    await Promise.all(this.rooms.map((room) => whoMutes(room).mute(true)));
  }

  /** @throws nothing: what is wrong is told to the context. */
  async check(): Promise<void> {
    const { expect } = this.context;
    expect(this.acknowledged > 0, 'no mute was acknowledged');
    expect(this.refused.length === 0, `mutes were refused: ${this.refused.slice(0, 5)}`);
    for (const room of this.rooms) {
      const { publicationId, index } = whoMutes(room);
      const isKnown = ({ wire }: Person) => wire.muted.get(publicationId) === true;
      await eventually(`everybody is told that ${index} is muted`, () =>
        room.people.every(isKnown) ? true : undefined,
      ).catch(({ message }: Error) => expect(false, message));
    }
  }

  private async send(person: Person): Promise<void> {
    this.waiting += 1;
    try {
      await person.mute(!person.isMuted);
      this.acknowledged += 1;
    } catch (error) {
      const code = codeOf(error);
      if (!passing.includes(code)) this.refused.push(code);
    } finally {
      this.waiting -= 1;
    }
  }
}

/** Who came last: speaks too softly to be heard, so that nobody misses anything. */
function whoMutes(room: Room): Person {
  return room.people.at(-1) as Person;
}
