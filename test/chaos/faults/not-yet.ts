/** What the product does not pass yet, by fault and layout, and why: told by each run. */
export const notYet: ReadonlyMap<string, string> = new Map();
