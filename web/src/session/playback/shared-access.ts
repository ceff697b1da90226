/** The way into a recording by a link that somebody gave away: with its secret, and maybe a passcode. */
import { type ClientCode, codeOf, type Playback } from '../../../../client/src/index.js';
import type { PlaybackSource, RecordingsApi } from '../recordings-api.js';
import { Store } from '../store.js';

export type SharedState =
  | { phase: 'opening' }
  /** `isWrong`: the one that was typed does not open it. */
  | { phase: 'locked'; isWrong: boolean; code?: ClientCode | undefined }
  | { phase: 'refused'; code: ClientCode }
  | { phase: 'open'; playback: Playback; source: PlaybackSource };

/** Refusals after which typing the passcode again may help. */
const mayBeTriedAgain: readonly ClientCode[] = ['rate_limited', 'unreachable', 'dependency_down'];

export class SharedAccess {
  readonly store = new Store<SharedState>({ phase: 'opening' });

  constructor(
    private readonly api: Pick<RecordingsApi, 'shared'>,
    private readonly shareId: string,
    private readonly secret: string,
  ) {}

  async open(passcode?: string): Promise<void> {
    const { secret, shareId, store } = this;
    if (secret === '') return store.set({ phase: 'refused', code: 'not_found' });
    const wasLocked = store.get().phase === 'locked';
    const key = passcode === undefined ? { secret } : { secret, passcode };
    const source = this.api.shared(shareId, key);
    try {
      store.set({ phase: 'open', playback: await source.read(), source });
    } catch (error) {
      const code = codeOf(error);
      if (code === 'passcode_required') {
        store.set({ phase: 'locked', isWrong: passcode !== undefined });
      } else if (wasLocked && mayBeTriedAgain.includes(code)) {
        store.set({ phase: 'locked', isWrong: false, code });
      } else store.set({ phase: 'refused', code });
    }
  }
}
