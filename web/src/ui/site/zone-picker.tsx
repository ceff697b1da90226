import { useState } from 'react';
import {
  Button,
  ComboBox,
  FieldError,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
} from 'react-aria-components';
import { zones } from '../../session/zones.js';
import { zoneText } from '../../strings/formats.js';
import { Icon } from '../icons.js';
import { useFieldError } from './form-errors.js';

interface ZonePickerProps {
  name: string;
  label: string;
  /** IANA name. */
  value: string;
  onChange: (zone: string) => void;
}

/** Every zone of the browser, found by typing a part of its name. */
export function ZonePicker({ name, label, value, onChange }: ZonePickerProps) {
  const { error, clear } = useFieldError(name);
  const [items] = useState(() => zones(value).map((id) => ({ id, label: zoneText(id) })));
  const choose = (zone: unknown) => {
    clear();
    if (zone !== null) onChange(String(zone));
  };
  return (
    <ComboBox
      name={name}
      isInvalid={error !== undefined}
      className="field"
      value={value}
      onChange={choose}
      defaultItems={items}
      menuTrigger="focus"
    >
      <Label>{label}</Label>
      <div className="field-with-button">
        <Input autoComplete="off" spellCheck="false" dir="ltr" />
        <Button className="icon-button">
          <Icon name="chevron" />
        </Button>
      </div>
      <FieldError>{error}</FieldError>
      <Popover className="popover">
        <ListBox<{ id: string; label: string }> className="listbox">
          {(zone) => (
            <ListBoxItem id={zone.id} className="listbox-item" textValue={zone.label}>
              <bdi dir="ltr">{zone.label}</bdi>
            </ListBoxItem>
          )}
        </ListBox>
      </Popover>
    </ComboBox>
  );
}
