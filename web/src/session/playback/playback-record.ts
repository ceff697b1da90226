import { type ClientCode, codeOf, type Playback } from '../../../../client/src/index.js';
import type { PlaybackSource } from '../recordings-api.js';
import { Store } from '../store.js';

export type PlaybackState =
  | { phase: 'loading' }
  | { phase: 'failed'; code: ClientCode; error: unknown }
  | { phase: 'ready'; playback: Playback };

/** One recording with all that can be played of it; what was read stays when it is read again. */
export class PlaybackRecord {
  readonly store = new Store<PlaybackState>({ phase: 'loading' });
  private reading = 0;

  constructor(private readonly source: Pick<PlaybackSource, 'read'>) {}

  async read(): Promise<void> {
    const reading = ++this.reading;
    try {
      const playback = await this.source.read();
      if (reading === this.reading) this.store.set({ phase: 'ready', playback });
    } catch (error) {
      const isShown = this.store.get().phase === 'ready';
      if (reading !== this.reading || isShown) return;
      this.store.set({ phase: 'failed', code: codeOf(error), error });
    }
  }
}
