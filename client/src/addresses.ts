/** Where control processes are, in order of preference, and which of them is tried next. */
export class Addresses {
  private place = 0;
  private failures = 0;
  private isSecondTry = false;

  constructor(private urls: readonly string[]) {}

  get current(): string {
    return this.urls[this.place % this.urls.length] ?? '';
  }

  /** How often all of them have failed since one was reached. */
  get rounds(): number {
    return Math.floor(this.failures / Math.max(1, this.urls.length));
  }

  /** The present one has worked, and was tried once more: whether it fails now says more. */
  get wasTriedAgain(): boolean {
    return this.isSecondTry && this.urls.length > 1;
  }

  reached(): void {
    this.failures = 0;
    this.isSecondTry = false;
  }

  /**
   * It has worked, and a socket to it broke: maybe by the way. It is tried once more, since the process
   * that has the room is best asked itself: any other one carries each word to it and back.
   */
  broke(): void {
    this.isSecondTry = true;
  }

  /** It answered, and cannot help now: the next one may, and no address has failed. */
  refused(): void {
    this.place += 1;
    this.isSecondTry = false;
  }

  /** The next one is as good a guess as any: another process may do what this one cannot. */
  failed(): void {
    this.place += 1;
    this.failures += 1;
    this.isSecondTry = false;
  }

  /** These are better from now on. The others stay: of the named ones none may be reachable. */
  prefer(urls: readonly string[]): void {
    if (urls.length === 0) return;
    this.urls = [...new Set([...urls, ...this.urls])];
    this.place = 0;
    this.isSecondTry = false;
  }
}
