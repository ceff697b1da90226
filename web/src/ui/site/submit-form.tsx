import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, Form } from 'react-aria-components';
import { type ClientCode, codeOf, ProtocolError } from '../../protocol/errors.js';
import { errorText, text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { fieldText } from './field-texts.js';

/** By the `name` of the field. */
export type FieldErrors = Record<string, string>;

interface SubmitFormProps {
  label: string;
  /** What a person can see for themselves; an empty record: send. */
  check?: () => FieldErrors;
  onSubmit: () => Promise<void>;
  /** Said when it worked and the form stays. */
  done?: string;
  /** The text of a refusal, where the common one does not fit. */
  refusal?: (code: ClientCode) => string | undefined;
  /** Beside the button. */
  actions?: ReactNode;
  isDanger?: boolean;
  children: ReactNode;
}

/** A form whose refusals stand at their fields; the first of those gets the focus. */
export function SubmitForm(props: SubmitFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const { submit, isBusy, errors, problem, isDone } = useSubmit(props);
  useEffect(() => {
    if (Object.keys(errors).length === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [errors]);
  const look = props.isDanger ? 'button danger' : 'button primary';
  return (
    <Form
      ref={form}
      className="form"
      onSubmit={submit}
      validationBehavior="aria"
      validationErrors={errors}
    >
      {props.children}
      <p role="alert" className="form-error">
        {problem}
      </p>
      <div className="form-actions">
        <Button type="submit" className={look} isPending={isBusy}>
          {isBusy && <span className="spinner" aria-hidden="true" />}
          {props.label}
        </Button>
        {props.actions}
        <span role="status" className="form-done">
          {isDone && props.done}
        </span>
      </div>
    </Form>
  );
}

const none: FieldErrors = {};

function useSubmit({ check, onSubmit, refusal }: SubmitFormProps) {
  const { account } = useClient();
  const [isBusy, setIsBusy] = useState(false);
  const [isDone, setIsDone] = useState(false);
  const [errors, setErrors] = useState<FieldErrors>(none);
  const [problem, setProblem] = useState('');
  const send = async () => {
    try {
      await onSubmit();
      setIsDone(true);
    } catch (error) {
      const code = codeOf(error);
      const fields = error instanceof ProtocolError ? error.fields : [];
      setErrors(
        Object.fromEntries(fields.map((field) => [field.pointer.slice(1), fieldText(field.code)])),
      );
      setProblem(refusal?.(code) ?? errorText(code));
      await account.doubt(error);
    }
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const found = check?.() ?? none;
    const isWrong = Object.keys(found).length > 0;
    setErrors(isWrong ? found : none);
    setProblem(isWrong ? text('form.check') : '');
    setIsDone(false);
    if (isWrong) return;
    setIsBusy(true);
    await send();
    setIsBusy(false);
  };
  return { submit, isBusy, errors, problem, isDone };
}
