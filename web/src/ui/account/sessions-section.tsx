import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { LoginSession } from '../../../../client/src/index.js';
import { dateTimeText } from '../../strings/formats.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { ListView } from '../site/list-view.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';
import { usePagedList } from '../site/use-paged-list.js';
import { browserName } from './browser-name.js';

/** Where the account is logged in. */
export function SessionsSection() {
  const { api, account, pages } = useClient();
  const list = usePagedList((cursor) =>
    api.call('GET /v1/sessions', { query: cursor ? { cursor } : {} }),
  );
  const [isAsking, setIsAsking] = useState(false);
  const { problem, act } = useAct();
  const end = ({ session_id, is_current }: LoginSession) =>
    act(async () => {
      if (is_current) {
        await account.logOut();
        pages.go('/');
        return;
      }
      await api.call('DELETE /v1/sessions/{session_id}', { params: { session_id } });
      list.filter((session) => session.session_id !== session_id);
    });
  const endAll = () =>
    act(async () => {
      await account.logOutEverywhere();
      pages.go('/');
    });
  return (
    <Section title={text('account.sessions')} lead={text('account.sessionsLead')}>
      <ListView list={list} empty={text('account.noSessions')}>
        {(session) => (
          <li key={session.session_id} className="row">
            <div>
              <p>
                <bdi>{browserName(session.user_agent)}</bdi>
                {session.is_current && <span className="chip">{text('account.thisOne')}</span>}
              </p>
              <p className="hint">
                {text('account.lastSeen', { time: dateTimeText(session.last_seen_at) })}
              </p>
            </div>
            <Button className="text-button danger" onPress={() => end(session)}>
              {text(session.is_current ? 'site.logOut' : 'account.endSession')}
            </Button>
          </li>
        )}
      </ListView>
      <div className="form-actions">
        <Button className="button" onPress={() => setIsAsking(true)}>
          {text('account.logOutEverywhere')}
        </Button>
      </div>
      <Problem {...problem} />
      <ConfirmDialog
        isOpen={isAsking}
        title={text('account.everywhereTitle')}
        detail={text('account.everywhereText')}
        action={text('account.logOutEverywhere')}
        onConfirm={endAll}
        onClose={() => setIsAsking(false)}
      />
    </Section>
  );
}
