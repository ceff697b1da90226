import { useRef, useState } from 'react';
import { Button } from 'react-aria-components';
import type { Invite } from '../../../../client/src/index.js';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { PlainDialog } from '../plain-dialog.js';
import { Choice } from '../site/choice.js';
import { CopyButton } from '../site/copy-button.js';
import { SubmitForm } from '../site/submit-form.js';
import { Toggle } from '../site/toggle.js';

interface InviteDialogProps {
  meetingId: string;
  onClose: () => void;
}

/** Asks whom the link is for, then shows it: once. */
export function InviteDialog({ meetingId, onClose }: InviteDialogProps) {
  const [url, setUrl] = useState('');
  return (
    <PlainDialog title={text('invite.new')} isOpen onClose={onClose}>
      {url ? (
        <>
          <p>{text('invite.once')}</p>
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
        <InviteForm meetingId={meetingId} onMade={setUrl} />
      )}
    </PlainDialog>
  );
}

const roles = ['participant', 'viewer', 'co_host', 'host'] as const;
const dayMs = 86_400_000;

function InviteForm({ meetingId, onMade }: { meetingId: string; onMade: (url: string) => void }) {
  const { api } = useClient();
  const repeat = useRef(new RepeatKey());
  const [role, setRole] = useState<Invite['role']>('participant');
  const [days, setDays] = useState<'1' | '7' | '30' | 'none'>('none');
  const [isPersonal, setIsPersonal] = useState(true);
  const [bypass, setBypass] = useState(false);
  /** Of the moment when the dialog opened, so that a repeat is the same request. */
  const [openedMs] = useState(() => Date.now());
  const submit = async () => {
    const body = {
      role,
      ...(isPersonal ? { max_uses: 1 } : {}),
      ...(bypass ? { lobby_bypass: true } : {}),
      ...(days === 'none'
        ? {}
        : { expires_at: new Date(openedMs + Number(days) * dayMs).toISOString() }),
    };
    const key = repeat.current.of(body);
    const params = { meeting_id: meetingId };
    const made = await api.call('POST /v1/meetings/{meeting_id}/invites', { params, body, key });
    onMade(made.url);
  };
  return (
    <SubmitForm label={text('invite.make')} onSubmit={submit}>
      <Choice
        label={text('invite.role')}
        value={role}
        onChange={setRole}
        options={roles.map((id) => ({ id, label: text(`invite.role.${id}`) }))}
      />
      <Choice
        label={text('account.keyLife')}
        value={days}
        onChange={setDays}
        options={(['none', '1', '7', '30'] as const).map((id) => ({
          id,
          label:
            id === 'none' ? text('invite.forever') : text('account.keyDays', { days: Number(id) }),
        }))}
      />
      <Toggle label={text('invite.personal')} isOn={isPersonal} onChange={setIsPersonal} />
      <Toggle label={text('invite.bypass')} isOn={bypass} onChange={setBypass} />
    </SubmitForm>
  );
}
