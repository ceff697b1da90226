import { useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { Choice } from '../site/choice.js';
import { CopyButton } from '../site/copy-button.js';
import { Field } from '../site/field.js';
import { SubmitForm } from '../site/submit-form.js';
import { useRecordings } from './use-recordings.js';

interface ShareDialogProps {
  recordingId: string;
  onClose: () => void;
}

/** Asks how long the link is good, then shows it: once. */
export function ShareDialog({ recordingId, onClose }: ShareDialogProps) {
  const [url, setUrl] = useState('');
  return (
    <PlainDialog title={text('shares.dialog')} isOpen onClose={onClose} isFirm={url !== ''}>
      {url ? (
        <>
          <p role="status">{text('invite.once')}</p>
          <p className="secret" dir="ltr">
            {url}
          </p>
          <div className="dialog-actions">
            <CopyButton value={url} label={text('tool.copyLink')} isPrimary />
            <Button className="button" onPress={onClose}>
              {text('settings.close')}
            </Button>
          </div>
        </>
      ) : (
        <ShareForm recordingId={recordingId} onMade={setUrl} />
      )}
    </PlainDialog>
  );
}

const lives = ['1', '7', '30', '90'] as const;
const dayMs = 86_400_000;
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
  /** Of the moment when the dialog opened, so that a repeat is the same request. */
  const [openedMs] = useState(() => Date.now());
  const submit = async () => {
    const expires_at = new Date(openedMs + Number(days) * dayMs).toISOString();
    const body = { expires_at, ...(passcode === '' ? {} : { passcode }) };
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
