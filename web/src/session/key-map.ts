/**
 * Which key does what (product §6): by the key's place (`KeyboardEvent.code`), each can be changed.
 * Pure. A combination is written `KeyM`, `Shift+KeyQ`.
 */

/** In the order in which they are listed. `pin1` to `pin9` pin a tile by its number. */
export const defaultKeys = {
  microphone: 'KeyM',
  talk: 'Space',
  camera: 'KeyV',
  share: 'KeyS',
  hand: 'KeyH',
  react: 'KeyR',
  chat: 'KeyC',
  people: 'KeyP',
  layout: 'KeyG',
  previous: 'BracketLeft',
  next: 'BracketRight',
  pin1: 'Digit1',
  pin2: 'Digit2',
  pin3: 'Digit3',
  pin4: 'Digit4',
  pin5: 'Digit5',
  pin6: 'Digit6',
  pin7: 'Digit7',
  pin8: 'Digit8',
  pin9: 'Digit9',
  unpin: 'Digit0',
  fullScreen: 'KeyF',
  stats: 'KeyI',
  lobby: 'KeyL',
  admit: 'KeyA',
  muteAll: 'Shift+KeyM',
  lowerHands: 'Shift+KeyH',
  record: 'Shift+KeyR',
  leave: 'Shift+KeyQ',
  list: 'Shift+Slash',
} as const;

export type ShortcutAction = keyof typeof defaultKeys;
export type PinAction = Extract<ShortcutAction, `pin${number}`>;
export type KeyMap = Readonly<Record<ShortcutAction, string>>;

export const shortcutActions = Object.keys(defaultKeys) as ShortcutAction[];
export const hostActions: readonly ShortcutAction[] = [
  ...(['lobby', 'admit', 'muteAll', 'lowerHands', 'record'] as const),
];

export interface KeyPress {
  readonly code: string;
  readonly shiftKey: boolean;
  /** What it types. */
  readonly key?: string;
}

/** Keys that mean something to the browser, to controls or to this page in any case. */
const taken = /^(Tab|Enter|NumpadEnter|Escape|F\d+|Arrow\w+|(Shift|Control|Alt|Meta)\w*)$/;

export function combinationOf({ code, shiftKey }: KeyPress): string {
  return shiftKey ? `Shift+${code}` : code;
}

export function mayBeChosen({ code }: KeyPress): boolean {
  return code !== '' && !taken.test(code);
}

export function actionOf(keys: KeyMap, press: KeyPress): ShortcutAction | undefined {
  // `?` sits elsewhere on many keyboards: what it types counts as well as where it is.
  const combination = press.key === '?' ? defaultKeys.list : combinationOf(press);
  return shortcutActions.find((action) => keys[action] === combination);
}

/** The number of the tile that an action pins, 1 to 9. */
export function pinNumberOf(action: PinAction): number;
export function pinNumberOf(action: ShortcutAction): number | undefined;
export function pinNumberOf(action: ShortcutAction): number | undefined {
  const number = /^pin([1-9])$/.exec(action)?.[1];
  return number === undefined ? undefined : Number(number);
}

export function isPin(action: ShortcutAction): action is PinAction {
  return pinNumberOf(action) !== undefined;
}

/** Another action that has the combination already. */
export function ownerOf(
  keys: KeyMap,
  combination: string,
  except: ShortcutAction,
): ShortcutAction | undefined {
  return shortcutActions.find((action) => action !== except && keys[action] === combination);
}

/** Only what differs from the default: a later version may change the rest. */
export function changedKeys(keys: KeyMap): string {
  const changed = shortcutActions.filter((action) => keys[action] !== defaultKeys[action]);
  return JSON.stringify(Object.fromEntries(changed.map((action) => [action, keys[action]])));
}

/** What `changedKeys` wrote; anything else gives the defaults. */
export function keysFrom(text: string): KeyMap {
  try {
    const changed = JSON.parse(text) as Record<string, unknown>;
    const known = shortcutActions.filter((action) => typeof changed[action] === 'string');
    return { ...defaultKeys, ...Object.fromEntries(known.map((key) => [key, changed[key]])) };
  } catch {
    return defaultKeys;
  }
}

export interface ShownKey {
  readonly isShifted: boolean;
  /** What it types, or the code of one that types nothing: `M`, `Space`. */
  readonly key: string;
}

/** `letters`: what the keys of this keyboard type, where the browser tells. */
export function shownKey(combination: string, letters?: ReadonlyMap<string, string>): ShownKey {
  const code = combination.replace('Shift+', '');
  const isShifted = combination !== code;
  if (isShifted && code === 'Slash') return { isShifted: false, key: '?' };
  const typed = letters?.get(code) ?? typedOn[code] ?? code.replace(/^(Key|Digit)/, '');
  return { isShifted, key: typed.length === 1 ? typed.toUpperCase() : typed };
}

/** Of the layout that the codes are named after. */
const typedOn: Readonly<Record<string, string>> = {
  ...{ BracketLeft: '[', BracketRight: ']', Slash: '/', Backslash: '\\', Semicolon: ';' },
  ...{ Quote: "'", Comma: ',', Period: '.', Minus: '-', Equal: '=', Backquote: '`' },
};
