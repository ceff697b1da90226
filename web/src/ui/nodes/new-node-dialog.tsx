import { useState } from 'react';
import { Button } from 'react-aria-components';
import type { NodeToken } from '../../../../client/src/index.js';
import { newId } from '../../session/new-id.js';
import { text, timeOfDay } from '../../strings/index.js';
import { useClient } from '../client.js';
import { PlainDialog } from '../plain-dialog.js';
import { CopyButton } from '../site/copy-button.js';
import { SubmitForm } from '../site/submit-form.js';

/** Makes a token with which one machine joins, and shows it: once. */
export function NewNodeDialog({ onClose }: { onClose: () => void }) {
  const { api } = useClient();
  const [key] = useState(newId);
  const [made, setMade] = useState<NodeToken>();
  const make = async () => setMade(await api.call('POST /v1/node-tokens', { body: null, key }));
  return (
    <PlainDialog title={text('nodes.add')} isOpen onClose={onClose} isFirm={made !== undefined}>
      <p className="muted">{text('nodes.addLead')}</p>
      {made ? (
        <MadeToken made={made} onClose={onClose} />
      ) : (
        <SubmitForm
          label={text('nodes.makeToken')}
          onSubmit={make}
          refusal={(code) => (code === 'conflict' ? text('nodes.tokenSole') : undefined)}
        >
          {null}
        </SubmitForm>
      )}
    </PlainDialog>
  );
}

function MadeToken({ made, onClose }: { made: NodeToken; onClose: () => void }) {
  return (
    <>
      <p>{text('nodes.tokenOnce', { time: timeOfDay(made.expires_at) })}</p>
      <p className="secret" dir="ltr">
        {made.token}
      </p>
      <p className="hint">
        {text('nodes.tokenUse')}: <code dir="ltr">PLENUM_NODE_TOKEN=… plenum start node</code>
      </p>
      <div className="dialog-actions">
        <CopyButton value={made.token} label={text('form.copy')} isPrimary />
        <Button className="button" onPress={onClose}>
          {text('settings.close')}
        </Button>
      </div>
    </>
  );
}
