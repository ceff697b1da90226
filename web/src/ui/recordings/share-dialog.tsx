import { useRef, useState } from 'react';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { Choice } from '../site/choice.js';
import { Field } from '../site/field.js';
import { OnceDialog } from '../site/once-dialog.js';
import { SubmitForm } from '../site/submit-form.js';
import { useExpiry } from '../site/use-expiry.js';
import { useRecordings } from './use-recordings.js';

interface ShareDialogProps {
  recordingId: string;
  onClose: () => void;
}

/** Asks how long the link is good. */
export function ShareDialog({ recordingId, onClose }: ShareDialogProps) {
  return (
    <OnceDialog
      title={text('shares.dialog')}
      onClose={onClose}
      copy={text('tool.copyLink')}
      told={text('invite.once')}
    >
      {(onMade) => <ShareForm recordingId={recordingId} onMade={onMade} />}
    </OnceDialog>
  );
}

const lives = ['1', '7', '30', '90'] as const;
const shortest = 4;

interface ShareFormProps {
  recordingId: string;
  onMade: (url: string) => void;
}

function ShareForm({ recordingId, onMade }: ShareFormProps) {
  const recordings = useRecordings();
  const repeat = useRef(new RepeatKey());
  const [days, setDays] = useState<(typeof lives)[number]>('7');
  const [passcode, setPasscode] = useState('');
  const expiry = useExpiry();
  const submit = async () => {
    const body = { expires_at: expiry(days), ...(passcode === '' ? {} : { passcode }) };
    const made = await recordings.share(recordingId, body, repeat.current.of(body));
    onMade(made.url);
  };
  const check = () => {
    const isShort = passcode !== '' && [...passcode].length < shortest;
    return isShort ? { passcode: text('schedule.passcodeShort') } : {};
  };
  return (
    <SubmitForm label={text('invite.make')} check={check} onSubmit={submit}>
      <Choice
        label={text('shares.life')}
        value={days}
        onChange={setDays}
        options={lives.map((id) => ({ id, label: text('account.keyDays', { days: Number(id) }) }))}
      />
      <Field
        name="passcode"
        label={text('shares.passcode')}
        hint={text('shares.passcodeHint')}
        autoComplete="off"
        value={passcode}
        onChange={setPasscode}
        isCode
      />
    </SubmitForm>
  );
}
