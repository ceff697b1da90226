import { Disclosure, DisclosurePanel, Button as ToggleButton } from 'react-aria-components';
import type { MeetingDraft } from '../../session/meeting-draft.js';
import { text } from '../../strings/index.js';
import { Icon } from '../icons.js';
import { Choice } from '../site/choice.js';
import { Field } from '../site/field.js';
import { Toggle } from '../site/toggle.js';

type Policy = MeetingDraft['policy'];

interface PolicyFieldsProps {
  draft: MeetingDraft;
  onDraft: (draft: MeetingDraft) => void;
}

const toggles = [
  'guests',
  'join_before_host',
  'mute_on_entry',
  'self_unmute',
  'private_chat',
  'history',
] as const;

/** Who gets in, and what they may do there. */
export function PolicyFields({ draft, onDraft }: PolicyFieldsProps) {
  const change = (part: Partial<Policy>) =>
    onDraft({ ...draft, policy: { ...draft.policy, ...part } });
  const { policy } = draft;
  return (
    <>
      <div className="field-row">
        <Choice
          label={text('policy.lobby')}
          value={policy.lobby}
          onChange={(lobby) => change({ lobby })}
          options={(['off', 'guests', 'all'] as const).map((id) => ({
            id,
            label: text(`policy.lobby.${id}`),
          }))}
        />
        <Field
          name="policy/passcode"
          label={text('policy.passcode')}
          hint={text('policy.passcodeHint')}
          autoComplete="off"
          value={draft.passcode}
          onChange={(passcode) => onDraft({ ...draft, passcode })}
          isCode
        />
      </div>
      <Disclosure className="disclosure">
        <ToggleButton slot="trigger" className="text-button">
          <Icon name="chevron" />
          {text('policy.more')}
        </ToggleButton>
        <DisclosurePanel className="disclosure-panel">
          <div className="field-row">
            <Choice
              label={text('policy.screen_share')}
              value={policy.screen_share}
              onChange={(screen_share) => change({ screen_share })}
              options={(['all', 'hosts'] as const).map((id) => ({
                id,
                label: text(`policy.who.${id}`),
              }))}
            />
            <Choice
              label={text('policy.chat')}
              value={policy.chat}
              onChange={(chat) => change({ chat })}
              options={(['all', 'hosts', 'off'] as const).map((id) => ({
                id,
                label: text(`policy.who.${id}`),
              }))}
            />
          </div>
          <div className="field-row">
            <Choice
              label={text('policy.recording')}
              value={policy.recording.consent}
              onChange={(consent) => change({ recording: { ...policy.recording, consent } })}
              options={(['inform', 'ask_each', 'all_must_accept'] as const).map((id) => ({
                id,
                label: text(`policy.recording.${id}`),
              }))}
            />
          </div>
          <Toggle
            label={text('policy.recording.auto')}
            isOn={policy.recording.auto}
            onChange={(auto) => change({ recording: { ...policy.recording, auto } })}
          />
          {toggles.map((name) => (
            <Toggle
              key={name}
              label={text(`policy.${name}`)}
              isOn={policy[name]}
              onChange={(isOn) => change({ [name]: isOn })}
            />
          ))}
        </DisclosurePanel>
      </Disclosure>
    </>
  );
}
