import { useEffect, useState } from 'react';
import { type ShortcutAction, shownKey } from '../../session/key-map.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

interface KeyboardOfBrowser {
  getLayoutMap?(): Promise<ReadonlyMap<string, string>>;
}

/** What the keys of this keyboard type; undefined where the browser does not tell. */
export function useKeyLetters(): ReadonlyMap<string, string> | undefined {
  const [letters, setLetters] = useState<ReadonlyMap<string, string>>();
  useEffect(() => {
    const { keyboard } = navigator as Navigator & { keyboard?: KeyboardOfBrowser };
    keyboard?.getLayoutMap?.().then(setLetters, () => undefined);
  }, []);
  return letters;
}

/** The key of an action as hints show it; undefined while all keys are off. */
export function useKeyHint(): (action: ShortcutAction) => string | undefined {
  const { keys } = useRoomUi();
  const letters = useKeyLetters();
  const { isOn, keys: map } = useStore(keys.store, (state) => state);
  return (action) => (isOn ? shownKey(map[action], letters) : undefined);
}
