import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { Meeting } from '../../../../client/src/index.js';
import type { MeetingRecord } from '../../session/meeting-record.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { ConfirmDialog } from '../confirm-dialog.js';
import { Problem } from '../site/problem.js';
import { Section } from '../site/section.js';
import { useAct } from '../site/use-act.js';

/** What cannot be taken back. */
export function DangerSection({ record, meeting }: { record: MeetingRecord; meeting: Meeting }) {
  const { pages } = useClient();
  const [asks, setAsks] = useState<'end' | 'remove'>();
  const { isBusy, problem, act } = useAct();
  const end = () => act(() => record.end());
  const remove = () =>
    act(async () => {
      await record.remove();
      pages.replace('/');
    });
  return (
    <Section title={text('meeting.danger')} lead={text('meeting.dangerLead')}>
      <div className="form-actions">
        {meeting.ended_at === null && (
          <Button className="button" aria-disabled={isBusy} onPress={() => setAsks('end')}>
            {text('meeting.end')}
          </Button>
        )}
        <Button className="button danger" aria-disabled={isBusy} onPress={() => setAsks('remove')}>
          {text('meeting.delete')}
        </Button>
      </div>
      <Problem {...problem} />
      <ConfirmDialog
        isOpen={asks === 'end'}
        title={text('meeting.endTitle')}
        detail={text('meeting.endText')}
        action={text('meeting.end')}
        onConfirm={end}
        onClose={() => setAsks(undefined)}
      />
      <ConfirmDialog
        isOpen={asks === 'remove'}
        title={text('meeting.deleteTitle')}
        detail={text('meeting.deleteText')}
        action={text('meeting.delete')}
        onConfirm={remove}
        onClose={() => setAsks(undefined)}
      />
    </Section>
  );
}
