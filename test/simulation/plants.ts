/** A real check that a run goes without: the invariants must find each of them. */
export const plants = [
  /** The media node takes commands of any epoch. */
  'no epoch check',
  /** A room's epoch is raised without comparing it with the one that was seen. */
  'raise without compare',
  /** A journal writes whatever the epoch of its room is. */
  'no fence',
  /** A command that is on record is done once more. */
  'commands again',
  /** A node whose connection breaks is given up. */
  'a cut is a loss',
  /** A process that is cut off, and writes that it lives, is taken for gone. */
  'who is cut off is gone',
  /** Any process takes what another one leaves, whether or not it reaches the people there. */
  'inherited behind a cut',
  /** Whoever is in a meeting is sent away before its end is written. */
  'told before it is over',
  /** The end of a room frees no seats. */
  'seats outlive their room',
  /** A node closes nothing of a room that is over. */
  'a node keeps what is over',
  /** What is asked of a room that is over is done in the next one. */
  'an order for the next room',
  /** A node takes a second place of a room. */
  'two places at one node',
  /** A move is answered before it is durable. */
  'moved before it is written',
] as const;
export type Plant = (typeof plants)[number];
