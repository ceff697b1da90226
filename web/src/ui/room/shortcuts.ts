/** Single keys (product §6): never while typing, all off by one switch; F6 goes through regions. */
import { useEffect, useRef } from 'react';
import {
  actionOf,
  isPin,
  type PinAction,
  pinNumberOf,
  type ShortcutAction,
} from '../../session/key-map.js';
import type { ShortcutKeys } from '../../session/shortcut-keys.js';

export type ShortcutActions = Record<Exclude<ShortcutAction, 'talk' | PinAction>, () => void> & {
  /** The key is held down. Whether that changed anything. */
  talk: (isHeld: boolean) => boolean;
  /** 1 to 9. */
  pin: (number: number) => void;
};

export function useShortcuts(keys: ShortcutKeys, actions: ShortcutActions): void {
  const latest = useRef(actions);
  latest.current = actions;
  useEffect(() => {
    let talkingBy: string | undefined;
    const press = (event: KeyboardEvent) => {
      if (event.code === 'F6') return nextRegion(event);
      const { isOn, keys: map } = keys.store.get();
      if (!isOn || isBusyElsewhere(event)) return;
      const action = actionOf(map, event);
      if (action === 'talk' && isControl(event.target)) return;
      if (!action) return;
      event.preventDefault();
      if (event.repeat) return;
      if (action === 'talk') {
        // Of somebody who is heard already, letting go of the key ends nothing.
        if (latest.current.talk(true)) talkingBy = event.code;
      } else if (isPin(action)) latest.current.pin(pinNumberOf(action));
      else latest.current[action]();
    };
    const stopTalking = (event: Event) => {
      if (talkingBy === undefined) return;
      if (event instanceof KeyboardEvent && event.code !== talkingBy) return;
      talkingBy = undefined;
      latest.current.talk(false);
    };
    window.addEventListener('keydown', press);
    window.addEventListener('keyup', stopTalking);
    window.addEventListener('blur', stopTalking);
    return () => {
      window.removeEventListener('keydown', press);
      window.removeEventListener('keyup', stopTalking);
      window.removeEventListener('blur', stopTalking);
    };
  }, [keys]);
}

const takesKeys =
  'input, textarea, select, [contenteditable], [role="menu"], [role="listbox"], [role="dialog"], [role="alertdialog"]';
const presses = 'button, a[href], [role="button"], [role="switch"], [role="tab"], [role="option"]';

function isBusyElsewhere(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return true;
  return event.target instanceof Element && event.target.closest(takesKeys) !== null;
}

/** Space presses what has the focus. */
function isControl(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest(presses) !== null;
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
