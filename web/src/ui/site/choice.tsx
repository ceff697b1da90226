import {
  Button,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Select,
  SelectValue,
  Text,
} from 'react-aria-components';
import { Icon } from '../icons.js';

interface ChoiceProps<Id extends string> {
  label: string;
  value: Id;
  onChange: (id: Id) => void;
  options: readonly { id: Id; label: string }[];
  hint?: string;
}

/** One of a few. */
export function Choice<Id extends string>(props: ChoiceProps<Id>) {
  const { label, value, onChange, options, hint } = props;
  return (
    <Select className="field" value={value} onChange={(id) => onChange(id as Id)}>
      <Label>{label}</Label>
      <Button className="select-button">
        <SelectValue />
        <Icon name="chevron" />
      </Button>
      {hint && (
        <Text slot="description" className="hint">
          {hint}
        </Text>
      )}
      <Popover className="popover">
        <ListBox className="listbox">
          {options.map((option) => (
            <ListBoxItem key={option.id} id={option.id} className="listbox-item">
              {option.label}
            </ListBoxItem>
          ))}
        </ListBox>
      </Popover>
    </Select>
  );
}
