import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
} from 'react-aria-components';
import { playTestTone } from '../session/level.js';
import type { LocalMedia } from '../session/local-media.js';
import type { DeviceKind } from '../session/settings.js';
import { text } from '../strings/index.js';
import { Icon } from './icons.js';
import { useStore } from './use-store.js';

const labels = {
  videoinput: 'device.camera',
  audioinput: 'device.microphone',
  audiooutput: 'device.speaker',
} as const;

interface DevicePickersProps {
  local: LocalMedia;
  /** Before joining: choosing another device also starts one that could not be started. */
  retriesFailed?: boolean;
  onSpeaker?: (id: string) => void;
}

/** Camera, microphone and speaker; a kind of which the browser tells nothing is left out. */
export function DevicePickers({ local, retriesFailed, onSpeaker }: DevicePickersProps) {
  const { devices, chosen } = useStore(local.store, (value) => value);
  const canChooseSpeaker = devices.some(({ kind }) => kind === 'audiooutput');
  const choose = (kind: DeviceKind, id: string) => {
    void local.choose(kind, id, retriesFailed);
    if (kind === 'audiooutput') onSpeaker?.(id);
  };
  const picker = (kind: DeviceKind) => (
    <DevicePicker
      kind={kind}
      devices={devices.filter((device) => device.kind === kind)}
      chosen={chosen[kind]}
      onChoose={(id) => choose(kind, id)}
    />
  );
  return (
    <div className="pickers">
      {picker('videoinput')}
      {picker('audioinput')}
      {canChooseSpeaker && picker('audiooutput')}
      <Button className="button" onPress={() => playTestTone(chosen.audiooutput ?? '')}>
        <Icon name="speaker" />
        {text('device.testSpeaker')}
      </Button>
    </div>
  );
}

interface DevicePickerProps {
  kind: DeviceKind;
  devices: readonly MediaDeviceInfo[];
  chosen: string | undefined;
  onChoose: (id: string) => void;
}

function DevicePicker({ kind, devices, chosen, onChoose }: DevicePickerProps) {
  const known = devices.some(({ deviceId }) => deviceId === chosen);
  const value = known ? chosen : devices[0]?.deviceId;
  return (
    <Select
      className="field"
      placeholder={text('device.none')}
      isDisabled={devices.length === 0}
      value={value ?? null}
      onChange={(id) => onChoose(String(id))}
    >
      <Label>{text(labels[kind])}</Label>
      <Button className="select-button">
        <SelectValue />
        <Icon name="chevron" />
      </Button>
      <Popover className="popover">
        <ListBox className="listbox">
          {devices.map(({ deviceId, label }, index) => (
            <ListBoxItem key={deviceId} id={deviceId} className="listbox-item">
              {label || text('device.unnamed', { number: index + 1 })}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
