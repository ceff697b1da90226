/** What each seed found when it was new; the numbers mean other runs once the simulation changes. */
export const regressions: readonly [number, string][] = [
  [2, 'a resume at a process that has lost the room, and does not know it'],
  [3, 'the same, after its successor has ended'],
  [7, 'a resume between a move and the word to its client'],
  [9, 'a process that starts at the address of the one before passed for it'],
  [11, 'a move to a node that fails as well'],
  [12, 'a copy whose node came back while the database was away'],
  [16, 'a copy whose node came back before its room had moved'],
  [18, 'a mute that was acknowledged while the same one was being written'],
  [20, 'a copy whose node came back while the database was away'],
  [27, 'events before the snapshot of a resume'],
  [32, 'an older owner that closes the copy of a newer one'],
  [84, 'a former node that was lost and came back'],
  [87, 'processes that had given each other up for good'],
  [112, 'a former node whose session was over'],
  [426, 'a seat that was told of events without having been welcomed'],
  [486, 'a word of the epoch before, between a move and the word to its client'],
];
