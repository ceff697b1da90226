import { Button } from 'react-aria-components';
import type { Invite } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { MadeList } from '../site/made-list.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { InviteDialog } from './invite-dialog.js';

/** Links of their own: for one person, for a role, for a while. */
export function InvitesSection({ meetingId }: { meetingId: string }) {
  const { api } = useClient();
  const params = { meeting_id: meetingId };
  const list = usePagedList((cursor) =>
    api.call('GET /v1/meetings/{meeting_id}/invites', {
      params,
      query: cursor ? { cursor } : {},
    }),
  );
  const { problem, act } = useAct();
  const remove = ({ invite_id }: Invite) =>
    act(async () => {
      const route = 'DELETE /v1/meetings/{meeting_id}/invites/{invite_id}';
      await api.call(route, { params: { ...params, invite_id } });
      list.filter((invite) => invite.invite_id !== invite_id);
    });
  return (
    <Section title={text('invite.title')} lead={text('invite.lead')}>
      <MadeList
        list={list}
        empty={text('invite.none')}
        make={text('invite.new')}
        dialog={(close) => <InviteDialog meetingId={meetingId} onClose={close} />}
        problem={problem}
      >
        {(invite) => (
          <li key={invite.invite_id} className="row">
            <div>
              <p>{text(`invite.role.${invite.role}`)}</p>
              <p className="hint">{limitsOf(invite)}</p>
            </div>
            <Button className="text-button danger" onPress={() => remove(invite)}>
              {text('account.revoke')}
            </Button>
          </li>
        )}
      </MadeList>
    </Section>
  );
}

function limitsOf(invite: Invite): string {
  const { uses, max_uses, expires_at, lobby_bypass } = invite;
  const parts = [
    max_uses === null
      ? text('invite.used', { count: uses })
      : text('invite.usedOf', { uses, max: max_uses }),
    expires_at ? text('account.keyUntil', { date: dateTimeText(expires_at) }) : '',
    lobby_bypass ? text('invite.pastLobby') : '',
  ];
  return parts.filter(Boolean).join(' · ');
}
