/** The keys in force, and the switch that turns all of them off; kept in the settings. */
import { changedKeys, defaultKeys, type KeyMap, keysFrom, type ShortcutAction } from './key-map.js';
import type { Settings } from './settings.js';
import { Store } from './store.js';

export class ShortcutKeys {
  readonly store: Store<{ isOn: boolean; keys: KeyMap }>;

  constructor(private readonly settings: Settings) {
    this.store = new Store({ isOn: settings.shortcuts, keys: keysFrom(settings.keys) });
  }

  turn(isOn: boolean): void {
    this.settings.shortcuts = isOn;
    this.store.patch({ isOn });
  }

  set(action: ShortcutAction, combination: string): void {
    this.keep({ ...this.store.get().keys, [action]: combination });
  }

  reset(): void {
    this.keep(defaultKeys);
  }

  private keep(keys: KeyMap): void {
    this.settings.keys = changedKeys(keys);
    this.store.patch({ keys });
  }
}
