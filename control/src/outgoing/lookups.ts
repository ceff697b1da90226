import type { LookupAddress } from 'node:dns';

export type Resolve = (host: string) => Promise<LookupAddress[]>;

interface Lookup {
  /** Of those who wait for it. */
  signals: AbortSignal[];
  found: Promise<LookupAddress[]>;
}

/**
 * Looks up names that others chose: one at a time, and each once for all who ask meanwhile. The
 * system's resolver, which alone knows names of this machine and its network, takes two at a time in
 * the whole process (half of libuv's threads): names that are answered slowly must not keep the
 * database, mail and single sign-on from looking up theirs.
 */
export class Lookups {
  private readonly waiting = new Map<string, Lookup>();
  private last: Promise<unknown> = Promise.resolve();

  constructor(private readonly resolve: Resolve) {}

  /** Nothing when everybody who asked has given up before its turn. */
  find(host: string, signal: AbortSignal): Promise<LookupAddress[]> {
    const known = this.waiting.get(host);
    if (known !== undefined) {
      known.signals.push(signal);
      return known.found;
    }
    const signals = [signal];
    const found = this.last
      .then(() => (signals.every(({ aborted }) => aborted) ? [] : this.resolve(host)))
      .finally(() => this.waiting.delete(host));
    this.last = found.catch(() => {});
    this.waiting.set(host, { signals, found });
    return found;
  }
}
