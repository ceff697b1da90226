import { useEffect, useRef, useState } from 'react';
import { cancelKey, loadKeys } from '../../session/security-keys.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { Field } from '../site/field.js';
import { SubmitForm } from '../site/submit-form.js';

interface SecurityKeyDialogProps {
  /** Asks for the key, until it is proven. */
  onAdd: (name: string, givenUp: AbortSignal) => Promise<void>;
  onClose: () => void;
}

/** A name first; the browser asks for the rest. */
export function SecurityKeyDialog({ onAdd, onClose }: SecurityKeyDialogProps) {
  const [name, setName] = useState('');
  const open = useRef(new AbortController());
  useEffect(() => {
    const closing = new AbortController();
    open.current = closing;
    void loadKeys().catch(() => {});
    return () => {
      closing.abort();
      void cancelKey().catch(() => {});
    };
  }, []);
  return (
    <PlainDialog title={text('passkey.add')} isOpen onClose={onClose}>
      <p>{text('passkey.lead')}</p>
      <SubmitForm
        label={text('passkey.continue')}
        onSubmit={() => onAdd(name.trim() || text('passkey.defaultName'), open.current.signal)}
      >
        <Field
          name="name"
          label={text('passkey.name')}
          hint={text('passkey.nameHint')}
          value={name}
          onChange={setName}
          limit={64}
          autoFocus
        />
      </SubmitForm>
    </PlainDialog>
  );
}
