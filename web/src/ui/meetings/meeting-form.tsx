import type { ReactNode } from 'react';
import { Label, Radio, RadioGroup } from 'react-aria-components';
import { type MeetingDraft, withStart } from '../../session/meeting-draft.js';
import { text } from '../../strings/index.js';
import { checkFilled, checkLength } from '../site/checks.js';
import { Field } from '../site/field.js';
import type { FieldErrors } from '../site/form-errors.js';
import { SubmitForm } from '../site/submit-form.js';
import { ZonePicker } from '../site/zone-picker.js';
import { MomentPicker } from './moment-picker.js';
import { PolicyFields } from './policy-fields.js';

const titleLimit = 200;
const descriptionLimit = 500;

interface MeetingFormProps {
  draft: MeetingDraft;
  onDraft: (draft: MeetingDraft) => void;
  onSubmit: () => Promise<void>;
  label: string;
  done?: string;
  canChooseKind?: boolean;
  actions?: ReactNode;
}

export function MeetingForm(props: MeetingFormProps) {
  const { draft, onDraft, onSubmit, label, actions } = props;
  const change = (part: Partial<MeetingDraft>) => onDraft({ ...draft, ...part });
  return (
    <SubmitForm
      label={label}
      check={() => check(draft)}
      onSubmit={onSubmit}
      actions={actions}
      {...(props.done ? { done: props.done } : {})}
    >
      <Field
        name="title"
        label={text('schedule.name')}
        autoComplete="off"
        value={draft.title}
        onChange={(title) => change({ title })}
        limit={titleLimit}
        isRequired
      />
      <Field
        name="description"
        label={text('schedule.description')}
        value={draft.description}
        onChange={(description) => change({ description })}
        rows={3}
        limit={descriptionLimit}
      />
      {props.canChooseKind && <KindChoice draft={draft} onDraft={onDraft} />}
      {draft.kind === 'scheduled' && <Times draft={draft} onDraft={onDraft} />}
      <PolicyFields draft={draft} onDraft={onDraft} />
    </SubmitForm>
  );
}

interface DraftProps {
  draft: MeetingDraft;
  onDraft: (draft: MeetingDraft) => void;
}

function KindChoice({ draft, onDraft }: DraftProps) {
  return (
    <RadioGroup
      className="field"
      value={draft.kind}
      onChange={(kind) => onDraft({ ...draft, kind: kind as MeetingDraft['kind'] })}
    >
      <Label>{text('schedule.kind')}</Label>
      {(['scheduled', 'persistent'] as const).map((kind) => (
        <Radio key={kind} value={kind} className="radio">
          <span className="radio-dot" />
          <span>
            {text(`schedule.${kind}`)}
            <span className="hint block">{text(`schedule.${kind}Hint`)}</span>
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}

function Times({ draft, onDraft }: DraftProps) {
  return (
    <div className="field-row">
      <MomentPicker
        name="starts_at"
        label={text('schedule.starts')}
        value={draft.starts}
        onChange={(starts) => onDraft(withStart(draft, starts))}
      />
      <MomentPicker
        name="ends_at"
        label={text('schedule.ends')}
        value={draft.ends}
        onChange={(ends) => onDraft({ ...draft, ends })}
      />
      <ZonePicker
        name="time_zone"
        label={text('account.timeZone')}
        value={draft.zone}
        onChange={(zone) => onDraft({ ...draft, zone })}
      />
    </div>
  );
}

function check(draft: MeetingDraft): FieldErrors {
  const isBackwards = draft.kind === 'scheduled' && draft.ends.compare(draft.starts) <= 0;
  const isShort = draft.passcode !== '' && draft.passcode.length < 4;
  return {
    ...checkLength('title', draft.title, titleLimit),
    ...checkLength('description', draft.description, descriptionLimit),
    ...checkFilled({ title: draft.title }),
    ...(isBackwards ? { ends_at: text('schedule.backwards') } : {}),
    ...(isShort ? { 'policy/passcode': text('schedule.passcodeShort') } : {}),
  };
}
