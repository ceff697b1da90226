import type { CalendarDateTime } from '@internationalized/date';
import {
  Button,
  Calendar,
  CalendarCell,
  CalendarGrid,
  CalendarGridBody,
  CalendarGridHeader,
  CalendarHeaderCell,
  DateInput,
  DatePicker,
  DateSegment,
  Dialog,
  FieldError,
  Group,
  Heading,
  Label,
  Popover,
} from 'react-aria-components';
import { Icon } from '../icons.js';
import { useFieldError } from '../site/form-errors.js';

interface MomentPickerProps {
  name: string;
  label: string;
  value: CalendarDateTime;
  onChange: (value: CalendarDateTime) => void;
}

/** Day and time, typed or chosen from a calendar. */
export function MomentPicker({ name, label, value, onChange }: MomentPickerProps) {
  const { error, clear } = useFieldError(name);
  const choose = (next: CalendarDateTime | null) => {
    clear();
    if (next) onChange(next);
  };
  return (
    <DatePicker
      name={name}
      isInvalid={error !== undefined}
      className="field"
      granularity="minute"
      value={value}
      onChange={choose}
      shouldForceLeadingZeros
    >
      <Label>{label}</Label>
      <Group className="date-group">
        <DateInput className="date-input">
          {(segment) => <DateSegment segment={segment} className="date-segment" />}
        </DateInput>
        <Button className="icon-button">
          <Icon name="calendar" />
        </Button>
      </Group>
      <FieldError>{error}</FieldError>
      <Popover className="popover">
        <Dialog className="calendar-dialog">
          <Calendar className="calendar">
            <header className="calendar-head">
              <Button slot="previous" className="icon-button">
                <Icon name="previous" />
              </Button>
              <Heading />
              <Button slot="next" className="icon-button">
                <Icon name="next" />
              </Button>
            </header>
            <CalendarGrid className="calendar-grid" weekdayStyle="narrow">
              <CalendarGridHeader>
                {(day) => <CalendarHeaderCell>{day}</CalendarHeaderCell>}
              </CalendarGridHeader>
              <CalendarGridBody>
                {(date) => <CalendarCell date={date} className="calendar-cell" />}
              </CalendarGridBody>
            </CalendarGrid>
          </Calendar>
        </Dialog>
      </Popover>
    </DatePicker>
  );
}
