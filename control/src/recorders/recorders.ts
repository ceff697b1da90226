import type { RecorderLoad } from '../../../recorder/src/index.js';
import type { RecorderClient, RecorderDescription, RecorderEvent } from './recorder-client.js';

/** A recorder as control uses it. */
export interface PlacedRecorder {
  readonly recorderId: string;
  readonly region: string;
  readonly client: RecorderClient;
  /** As it was told last. */
  readonly load: RecorderLoad;
}

export interface RecordersListener {
  event: (recorderId: string, event: RecorderEvent) => void;
  /** Its process has ended, or nothing was heard of it for too long: it may come back with all that it had. */
  lost: (recorderId: string) => void;
  /** What it has: told when it can be reached, for the first time or again, and each 5 s. */
  described: (recorder: PlacedRecorder, description: RecorderDescription) => void;
  /** It stops: what it records goes elsewhere, where there is another one. */
  leaving?: (recorderId: string) => void;
}

/** The recorders that this process can reach. */
export interface Recorders {
  readonly all: readonly PlacedRecorder[];
  /** Where a recording goes that is nowhere yet: near to where it is wished, if it can be. Null: there is none. */
  place(wish?: { region?: string; except?: readonly string[] }): PlacedRecorder | null;
  /** Null: it cannot be reached. */
  find(recorderId: string): PlacedRecorder | null;
  /** One of all control processes does, at any time: what is written for a recorder, and of no room, is written by it. */
  speaksFor(recorderId: string): boolean;
  /**
   * Whether reached or not: one of all control processes, of its region if any there lives, says that a
   * recorder is lost. One that is cut off from it says nothing for the others.
   */
  decidesFor(recorderId: string): boolean;
  /** Any number of listeners; from now on. */
  listen(listener: RecordersListener): void;
}

/** No recorder belongs to this installation. */
export const noRecorders: Recorders = {
  all: [],
  place: () => null,
  find: () => null,
  speaksFor: () => false,
  decidesFor: () => true,
  listen: () => {},
};
