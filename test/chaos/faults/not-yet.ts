/** What is not shown yet, by fault and layout, and why: told by each run. */
export const notYet: ReadonlyMap<string, string> = new Map([
  ['F18 R', 'not injected by the rig yet: regions'],
]);
