import { useEffect, useState } from 'react';
import { type ShortcutAction, shownKey } from '../../session/key-map.js';
import { type TextKey, text } from '../../strings/index.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

interface KeyboardOfBrowser {
  getLayoutMap?(): Promise<ReadonlyMap<string, string>>;
}

/** What the keys of this keyboard type; undefined where the browser does not tell. */
function useKeyLetters(): ReadonlyMap<string, string> | undefined {
  const [letters, setLetters] = useState<ReadonlyMap<string, string>>();
  useEffect(() => {
    const { keyboard } = navigator as Navigator & { keyboard?: KeyboardOfBrowser };
    keyboard?.getLayoutMap?.().then(setLetters, () => undefined);
  }, []);
  return letters;
}

/** Those with a name in words; what is printed on the others is the same everywhere. */
const words: Readonly<Record<string, TextKey>> = {
  Space: 'key.space',
  Escape: 'key.escape',
  Backspace: 'key.backspace',
  Insert: 'key.insert',
  Delete: 'key.delete',
  Home: 'key.home',
  End: 'key.end',
  PageUp: 'key.pageUp',
  PageDown: 'key.pageDown',
};

/** What a combination of keys is called in the language of the person. */
export function useKeyNames(): (combination: string) => string {
  const letters = useKeyLetters();
  return (combination) => {
    const { isShifted, key } = shownKey(combination, letters);
    const word = words[key];
    const name = word ? text(word) : key;
    return isShifted ? text('key.shifted', { key: name }) : name;
  };
}

/** The key of an action as hints show it; undefined while all keys are off. */
export function useKeyHint(): (action: ShortcutAction) => string | undefined {
  const { keys } = useRoomUi();
  const nameOf = useKeyNames();
  const { isOn, keys: map } = useStore(keys.store, (state) => state);
  return (action) => (isOn ? nameOf(map[action]) : undefined);
}
