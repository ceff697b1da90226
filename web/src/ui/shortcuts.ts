/** Single keys (product §6): by the key's place, never while typing, all off by one switch. */
import { useEffect, useRef } from 'react';
import type { Settings } from '../session/settings.js';
import type { TextKey } from '../strings/index.js';

interface Shortcut {
  action: ShortcutAction;
  code: string;
  /** The keys 1 to 9 instead: the action gets which. */
  digits?: true;
  shift: boolean;
  /** As shown to people. */
  shown: string;
  label: TextKey;
}

export type ShortcutAction =
  | 'microphone'
  | 'camera'
  | 'share'
  | 'chat'
  | 'people'
  | 'previous'
  | 'next'
  | 'stats'
  | 'pin'
  | 'unpin'
  | 'list'
  | 'leave';

export type ShortcutActions = Record<ShortcutAction, (digit: number) => void>;

export const shortcuts: readonly Shortcut[] = [
  { action: 'microphone', code: 'KeyM', shift: false, shown: 'M', label: 'shortcut.microphone' },
  { action: 'camera', code: 'KeyV', shift: false, shown: 'V', label: 'shortcut.camera' },
  { action: 'share', code: 'KeyS', shift: false, shown: 'S', label: 'shortcut.share' },
  { action: 'chat', code: 'KeyC', shift: false, shown: 'C', label: 'shortcut.chat' },
  { action: 'people', code: 'KeyP', shift: false, shown: 'P', label: 'shortcut.people' },
  { action: 'previous', code: 'BracketLeft', shift: false, shown: '[', label: 'shortcut.previous' },
  { action: 'next', code: 'BracketRight', shift: false, shown: ']', label: 'shortcut.next' },
  { action: 'pin', code: '', digits: true, shift: false, shown: '1–9', label: 'shortcut.pin' },
  { action: 'unpin', code: 'Digit0', shift: false, shown: '0', label: 'shortcut.unpin' },
  { action: 'stats', code: 'KeyI', shift: false, shown: 'I', label: 'shortcut.stats' },
  { action: 'leave', code: 'KeyQ', shift: true, shown: 'Shift+Q', label: 'shortcut.leave' },
  { action: 'list', code: 'Slash', shift: true, shown: '?', label: 'shortcut.list' },
];

/** The key of an action as shown in hints. */
export function keyOf(action: ShortcutAction): string {
  return shortcuts.find((shortcut) => shortcut.action === action)?.shown ?? '';
}

export function useShortcuts(actions: ShortcutActions, settings: Settings): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.code === 'F6') return nextRegion(event);
      if (!settings.shortcuts || isBusyElsewhere(event)) return;
      const shortcut = shortcuts.find((known) => matches(known, event));
      if (!shortcut) return;
      event.preventDefault();
      latest.current[shortcut.action](Number(digitOf(event) ?? 0));
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [settings]);
}

/** `?` sits elsewhere on many keyboards: what it types counts as well as where it is. */
function matches({ code, digits, shift, shown }: Shortcut, event: KeyboardEvent): boolean {
  if (digits) return digitOf(event) !== undefined && !event.shiftKey;
  return event.key === shown || (event.code === code && event.shiftKey === shift);
}

function digitOf({ code }: KeyboardEvent): string | undefined {
  return /^Digit([1-9])$/.exec(code)?.[1];
}

const takesKeys =
  'input, textarea, select, [contenteditable], [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]';

function isBusyElsewhere(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.repeat) {
    return true;
  }
  return event.target instanceof Element && event.target.closest(takesKeys) !== null;
}

/** F6 and Shift+F6 walk through the regions of the page. */
function nextRegion(event: KeyboardEvent): void {
  const regions = [...document.querySelectorAll<HTMLElement>('[data-region]')];
  if (regions.length === 0) return;
  event.preventDefault();
  const current = regions.findIndex((region) => region.contains(document.activeElement));
  const step = event.shiftKey ? -1 : 1;
  const start = current < 0 && event.shiftKey ? 0 : current;
  regions[(start + step + regions.length) % regions.length]?.focus();
}
