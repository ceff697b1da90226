import { useState } from 'react';
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components';
import type { SharingMode } from '../../session/settings.js';
import { text } from '../../strings/index.js';
import { useRoomUi } from './room-ui.js';

const modes = ['text', 'motion'] as const;

/** Sharp for text or smooth for films; also while the screen is shared. */
export function ShareMode() {
  const { stay, settings } = useRoomUi();
  const [mode, setMode] = useState(settings.sharing);
  const choose = (wanted: SharingMode | undefined) => {
    if (!wanted) return;
    settings.sharing = wanted;
    setMode(wanted);
    void stay.media.screen.tune();
  };
  return (
    <ToggleButtonGroup
      className="segments"
      aria-label={text('share.mode')}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[mode]}
      onSelectionChange={(chosen) => choose(modes.find((each) => chosen.has(each)))}
    >
      {modes.map((each) => (
        <ToggleButton key={each} id={each} className="segment">
          {text(`share.${each}`)}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  );
}
