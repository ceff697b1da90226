/** Keys of the player: pure. By what is on them (`KeyboardEvent.code`), as in meetings. */
import type { Player } from './player.js';

export interface PlayerKey {
  readonly code: string;
  readonly key: string;
  readonly shiftKey: boolean;
}

export type PlayerAction = (player: Player) => void;

const skipMs = 10_000;
const stepMs = 5_000;
const louder = 0.1;

const actions: Readonly<Record<string, PlayerAction>> = {
  Space: (player) => player.toggle(),
  KeyK: (player) => player.toggle(),
  KeyJ: (player) => player.skip(-skipMs),
  KeyL: (player) => player.skip(skipMs),
  ArrowUp: (player) => player.setVolume(player.store.get().volume + louder),
  ArrowDown: (player) => player.setVolume(player.store.get().volume - louder),
  Home: (player) => player.seek(0),
  End: (player) => player.seek(player.store.get().durationMs),
  KeyM: (player) => player.toggleMute(),
};

/** `isRightToLeft`: time runs from right to left, as the bar does. */
export function playerAction(
  { code, key, shiftKey }: PlayerKey,
  isRightToLeft: boolean,
): PlayerAction | undefined {
  // Where they are differs between keyboards.
  if (key === '<') return (player) => player.stepRate(-1);
  if (key === '>') return (player) => player.stepRate(1);
  if (shiftKey) return undefined;
  if (code === 'ArrowLeft' || code === 'ArrowRight') {
    const isOn = (code === 'ArrowRight') !== isRightToLeft;
    return (player) => player.skip(isOn ? stepMs : -stepMs);
  }
  return Object.hasOwn(actions, code) ? actions[code] : undefined;
}

/** What each key is said to do, for the list. */
export const listedKeys = [
  { id: 'play', keys: ['Space', 'K'] },
  { id: 'skip', keys: ['J', 'L'] },
  { id: 'step', keys: ['←', '→'] },
  { id: 'volume', keys: ['↑', '↓'] },
  { id: 'rate', keys: ['<', '>'] },
  { id: 'ends', keys: ['Home', 'End'] },
  { id: 'mute', keys: ['M'] },
  { id: 'fullScreen', keys: ['F'] },
] as const;
