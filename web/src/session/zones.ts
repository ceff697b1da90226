/** Time zones by their IANA names. */

/** Where this browser is. */
export function browserZone(): string {
  return new Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Those the browser knows, `also` among them: `UTC`, or one that the account brought along. */
export function zones(also: string): string[] {
  return [...new Set([...Intl.supportedValuesOf('timeZone'), 'UTC', also])].sort();
}
