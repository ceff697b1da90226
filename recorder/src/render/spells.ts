import { joined, type Span } from './spans.js';

/** Things that begin and end by lines: presence, mutes. */
export class Spells {
  private readonly byKey = new Map<string, { since: number | null; spans: Span[] }>();

  /** What has begun already goes on. */
  begin(key: string, t: number): void {
    const spell = this.byKey.get(key) ?? { since: null, spans: [] };
    spell.since ??= t;
    this.byKey.set(key, spell);
  }

  end(key: string, t: number): void {
    const spell = this.byKey.get(key);
    if (!spell || spell.since === null) return;
    spell.spans.push({ from: spell.since, to: t });
    spell.since = null;
  }

  get open(): string[] {
    return [...this.byKey].filter(([, spell]) => spell.since !== null).map(([key]) => key);
  }

  /** What is still open lasts until the end. */
  of(key: string, endMs: number): Span[] {
    const spell = this.byKey.get(key);
    if (!spell) return [];
    const rest = spell.since === null ? [] : [{ from: spell.since, to: endMs }];
    return joined([...spell.spans, ...rest]);
  }
}
