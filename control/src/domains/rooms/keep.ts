import { ControlError } from '../../control-error.js';
import type { KeptRecord } from './kept-writer.js';

export type { KeptRecord } from './kept-writer.js';

/** Where journals keep entries while the database is away. */
export interface Keep {
  /** Records that wait for the database. */
  readonly size: number;
  /** Resolves when it is durable. @throws Error: nobody has it. */
  add(record: KeptRecord): Promise<void>;
  /**
   * Writes it to the database.
   * @returns whether the room is still this process's.
   * @throws ControlError `dependency_down`.
   */
  write(record: KeptRecord): Promise<boolean>;
  /** It is written: nobody needs to keep it. */
  done(record: KeptRecord): void;
  /**
   * All that any process is known to have kept of a room is written.
   * @param controlId who has the room, by the database.
   * @throws ControlError `dependency_down`: not yet.
   */
  settled(room: { meetingId: string; controlId: string | null }): Promise<void>;
}

/** Nothing is kept: entries wait for the database. */
export const noKeep: Keep = {
  size: 0,
  add: async () => {
    throw new ControlError('dependency_down', 'Nothing is kept here.');
  },
  write: async () => true,
  done: () => {},
  settled: async () => {},
};
