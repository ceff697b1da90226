import { useState } from 'react';
import { listedKeys } from '../../session/playback/player-keys.js';
import { currentLanguage, text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Section } from '../site/section.js';
import { Toggle } from '../site/toggle.js';

const named = { Space: 'key.space', Home: 'key.home', End: 'key.end' } as const;

function keyName(key: string): string {
  return key in named ? text(named[key as keyof typeof named]) : key;
}

/** Which keys there are, and the switch that turns them off outside of the player. */
export function KeysSection() {
  const { settings } = useClient();
  const isRightToLeft = currentLanguage().language.dir === 'rtl';
  const [isOn, setIsOn] = useState(settings.shortcuts);
  const turn = (on: boolean) => {
    settings.shortcuts = on;
    setIsOn(on);
  };
  return (
    <Section title={text('player.keys')} lead={text('player.keysText')}>
      <Toggle label={text('settings.shortcutsOn')} isOn={isOn} onChange={turn} />
      <ul className="shortcut-list">
        {listedKeys.map(({ id, keys }) => (
          <li key={id}>
            <span>{text(`player.key.${id}`)}</span>
            <span className="key-pair">
              {(id === 'step' && isRightToLeft ? keys.toReversed() : keys).map((key) => (
                <kbd key={key}>{keyName(key)}</kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
    </Section>
  );
}
