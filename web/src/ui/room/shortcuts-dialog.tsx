import { type KeyboardEvent, useState } from 'react';
import { Button } from 'react-aria-components';
import {
  combinationOf,
  hostActions,
  isPin,
  mayBeChosen,
  ownerOf,
  pinNumberOf,
  type ShortcutAction,
  shortcutActions,
} from '../../session/key-map.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { Toggle } from '../site/toggle.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';
import { useKeyNames } from './use-key-hint.js';
import { useRights } from './use-rights.js';

export function ShortcutsDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { keys } = useRoomUi();
  const { isHost } = useRights();
  const isOn = useStore(keys.store, (state) => state.isOn);
  const listed = shortcutActions.filter((action) => isHost || !hostActions.includes(action));
  return (
    <PlainDialog title={text('settings.shortcuts')} isOpen={isOpen} onClose={onClose}>
      <Toggle label={text('settings.shortcutsOn')} isOn={isOn} onChange={(on) => keys.turn(on)} />
      <ul className="shortcut-list">
        {listed.map((action) => (
          <KeyRow key={action} action={action} />
        ))}
        <Fixed combination="F6" label={text('shortcut.region')} />
        <Fixed combination="Escape" label={text('shortcut.close')} />
      </ul>
      <div className="dialog-actions">
        <Button className="button" onPress={() => keys.reset()}>
          {text('shortcut.reset')}
        </Button>
      </div>
    </PlainDialog>
  );
}

function Fixed({ combination, label }: { combination: string; label: string }) {
  const nameOf = useKeyNames();
  return (
    <li>
      <span>{label}</span>
      <kbd>{nameOf(combination)}</kbd>
    </li>
  );
}

function labelOf(action: ShortcutAction): string {
  if (isPin(action)) return text('shortcut.pin', { number: pinNumberOf(action) });
  return text(`shortcut.${action}`);
}

/** Pressing the key's button asks for another key; Esc keeps the old one. */
function KeyRow({ action }: { action: ShortcutAction }) {
  const { keys } = useRoomUi();
  const nameOf = useKeyNames();
  const combination = useStore(keys.store, (state) => state.keys[action]);
  const [isAsking, setIsAsking] = useState(false);
  const [problem, setProblem] = useState('');
  const label = labelOf(action);
  const shown = nameOf(combination);
  const ask = (on: boolean) => {
    setIsAsking(on);
    setProblem('');
  };
  const press = (event: KeyboardEvent) => {
    if (!isAsking || event.key === 'Shift' || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') return ask(false);
    const wanted = combinationOf(event);
    const owner = ownerOf(keys.store.get().keys, wanted, action);
    if (!mayBeChosen(event)) setProblem(text('shortcut.fixed'));
    else if (owner) setProblem(text('shortcut.inUse', { action: labelOf(owner) }));
    else {
      keys.set(action, wanted);
      ask(false);
    }
  };
  return (
    <li onKeyDownCapture={press} onBlur={() => ask(false)}>
      <span>{label}</span>
      <Button
        className="key-button"
        aria-label={text('shortcut.change', { action: label, key: shown })}
        onPress={() => ask(!isAsking)}
      >
        <kbd>{isAsking ? text('shortcut.pressKey') : shown}</kbd>
      </Button>
      <span role="status" className="form-error">
        {problem}
      </span>
    </li>
  );
}
