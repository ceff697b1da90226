import { useRef, useState } from 'react';
import type { Invite } from '../../../../client/src/index.js';
import { RepeatKey } from '../../session/repeat-key.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { Choice } from '../site/choice.js';
import { OnceDialog } from '../site/once-dialog.js';
import { SubmitForm } from '../site/submit-form.js';
import { Toggle } from '../site/toggle.js';
import { useExpiry } from '../site/use-expiry.js';

interface InviteDialogProps {
  meetingId: string;
  onClose: () => void;
}

/** Asks whom the link is for. */
export function InviteDialog({ meetingId, onClose }: InviteDialogProps) {
  return (
    <OnceDialog
      title={text('invite.new')}
      onClose={onClose}
      copy={text('tool.copyLink')}
      told={text('invite.once')}
    >
      {(onMade) => <InviteForm meetingId={meetingId} onMade={onMade} />}
    </OnceDialog>
  );
}

const roles = ['participant', 'viewer', 'co_host', 'host'] as const;

function InviteForm({ meetingId, onMade }: { meetingId: string; onMade: (url: string) => void }) {
  const { api } = useClient();
  const repeat = useRef(new RepeatKey());
  const [role, setRole] = useState<Invite['role']>('participant');
  const [days, setDays] = useState<'1' | '7' | '30' | 'none'>('none');
  const [isPersonal, setIsPersonal] = useState(true);
  const [bypass, setBypass] = useState(false);
  const expiry = useExpiry();
  const submit = async () => {
    const body = {
      role,
      ...(isPersonal ? { max_uses: 1 } : {}),
      ...(bypass ? { lobby_bypass: true } : {}),
      ...(days === 'none' ? {} : { expires_at: expiry(days) }),
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
