import { useState } from 'react';
import { Switch } from 'react-aria-components';
import type { Settings } from '../session/settings.js';
import { text } from '../strings/index.js';
import { PlainDialog } from './settings-dialog.js';
import { shortcuts } from './shortcuts.js';

interface ShortcutsDialogProps {
  settings: Settings;
  isOpen: boolean;
  onClose: () => void;
}

export function ShortcutsDialog({ settings, isOpen, onClose }: ShortcutsDialogProps) {
  const [isOn, setIsOn] = useState(settings.shortcuts);
  const change = (on: boolean) => {
    settings.shortcuts = on;
    setIsOn(on);
  };
  return (
    <PlainDialog title={text('settings.shortcuts')} isOpen={isOpen} onClose={onClose}>
      <Switch className="switch" isSelected={isOn} onChange={change}>
        <span className="switch-track" />
        {text('settings.shortcutsOn')}
      </Switch>
      <dl className="shortcut-list">
        {shortcuts.map(({ action, shown, label }) => (
          <div key={action}>
            <dt>
              <kbd>{shown}</kbd>
            </dt>
            <dd>{text(label)}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>F6</kbd>
          </dt>
          <dd>{text('shortcut.region')}</dd>
        </div>
      </dl>
    </PlainDialog>
  );
}
