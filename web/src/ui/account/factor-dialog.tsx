import { useState } from 'react';
import type { CreatedTotp } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { PlainDialog } from '../plain-dialog.js';
import { CopyButton } from '../site/copy-button.js';
import { Field } from '../site/field.js';
import { SubmitForm } from '../site/submit-form.js';
import { QrCode } from './qr-code.js';

interface FactorDialogProps {
  factor: CreatedTotp;
  onConfirm: (code: string) => Promise<void>;
  onClose: () => void;
}

/** The secret is shown once; the first code proves that the app has it. */
export function FactorDialog({ factor, onConfirm, onClose }: FactorDialogProps) {
  const [code, setCode] = useState('');
  const digits = code.replace(/\s/g, '');
  return (
    <PlainDialog title={text('account.addFactor')} isOpen onClose={onClose}>
      <ol className="steps">
        <li>
          <p>{text('account.factorStep1')}</p>
          <QrCode value={factor.uri} label={text('account.factorQr')} />
          <p className="secret" dir="ltr">
            {(factor.secret.match(/.{1,4}/g) ?? []).join(' ')}
          </p>
          <div className="form-actions">
            <CopyButton value={factor.secret} label={text('account.copySecret')} />
            <a className="button quiet" href={factor.uri}>
              {text('account.openApp')}
            </a>
          </div>
        </li>
        <li>
          <p>{text('account.factorStep2')}</p>
          <SubmitForm
            label={text('account.confirmFactor')}
            check={() => (/^\d{6}$/.test(digits) ? {} : { code: text('account.sixDigits') })}
            onSubmit={() => onConfirm(digits)}
            refusal={(refused) =>
              ['bad_request', 'forbidden', 'unauthenticated'].includes(refused)
                ? text('account.wrongCode')
                : undefined
            }
          >
            <Field
              name="code"
              label={text('account.code')}
              inputMode="numeric"
              autoComplete="one-time-code"
              value={code}
              onChange={setCode}
              isRequired
              isCode
            />
          </SubmitForm>
        </li>
      </ol>
    </PlainDialog>
  );
}
