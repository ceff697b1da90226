import { useState } from 'react';
import { Button } from 'react-aria-components';
import { type AnnouncementKind, announcementKinds } from '../../session/announcements.js';
import { text } from '../../strings/index.js';
import { DevicePickers } from '../device-pickers.js';
import { LanguagePicker } from '../language-picker.js';
import { MicrophoneMeter } from '../microphone-meter.js';
import { PlainDialog } from '../plain-dialog.js';
import { Toggle } from '../site/toggle.js';
import { useStore } from '../use-store.js';
import { useRoomUi } from './room-ui.js';

export function SettingsDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { stay, ask } = useRoomUi();
  return (
    <PlainDialog title={text('settings.title')} isOpen={isOpen} onClose={onClose}>
      <section className="stack">
        <DevicePickers local={stay.local} onSpeaker={(id) => stay.media.setSpeaker(id)} />
        <MicrophoneMeter local={stay.local} />
      </section>
      <DataSaver />
      <div className="dialog-actions start">
        <Button className="button" onPress={() => ask('shortcuts')}>
          {text('settings.shortcuts')}
        </Button>
        <LanguagePicker />
      </div>
      <AnnouncementSwitches />
    </PlainDialog>
  );
}

/** One picture at most, and that one small. */
function DataSaver() {
  const { stay } = useRoomUi();
  const isSaving = useStore(stay.store, (state) => state.isSaving);
  return (
    <section className="stack tight">
      <Toggle
        label={text('settings.dataSaver')}
        isOn={isSaving}
        onChange={(on) => stay.saveData(on)}
      />
      <p className="hint">{text('settings.dataSaverHint')}</p>
    </section>
  );
}

/** What is spoken for people who do not look; each kind can be turned off. */
function AnnouncementSwitches() {
  const { settings } = useRoomUi();
  const [quiet, setQuiet] = useState(settings.quiet);
  const turn = (kind: AnnouncementKind, on: boolean) => {
    const others = quiet.filter((each) => each !== kind);
    settings.quiet = on ? others : [...others, kind];
    setQuiet(settings.quiet);
  };
  return (
    <section className="stack tight">
      <h3>{text('settings.announcements')}</h3>
      <p className="hint">{text('settings.announcementsHint')}</p>
      <div className="switches">
        {announcementKinds.map((kind) => (
          <Toggle
            key={kind}
            label={text(`settings.announce.${kind}`)}
            isOn={!quiet.includes(kind)}
            onChange={(on) => turn(kind, on)}
          />
        ))}
      </div>
    </section>
  );
}
