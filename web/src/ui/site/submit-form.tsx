import { type FormEvent, type ReactNode, useEffect, useRef, useState } from 'react';
import { Button, Form } from 'react-aria-components';
import { type ClientCode, codeOf, ProtocolError } from '../../../../client/src/index.js';
import { text } from '../../strings/index.js';
import { useClient } from '../client.js';
import { fieldText } from './field-texts.js';
import { type FieldErrors, FormErrorsContext } from './form-errors.js';
import { Problem, type ProblemProps } from './problem.js';
import { problemOf } from './refusal-text.js';

interface SubmitFormProps {
  label: string;
  /** What a person can see for themselves; an empty record: send. */
  check?: () => FieldErrors;
  onSubmit: () => Promise<void>;
  /** Said when it worked and the form stays. */
  done?: string;
  /** The text of a refusal, where the common one does not fit. `pointers`: to what is wrong. */
  refusal?: (code: ClientCode, pointers: readonly string[]) => string | undefined;
  /** Beside the button. */
  actions?: ReactNode;
  isDanger?: boolean;
  children: ReactNode;
}

/** A form whose refusals stand at their fields; the first of those gets the focus. */
export function SubmitForm(props: SubmitFormProps) {
  const form = useRef<HTMLFormElement>(null);
  const { submit, isBusy, errors, clear, attempts, problem, isDone } = useSubmit(props);
  useEffect(() => {
    if (attempts === 0) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [attempts]);
  const look = props.isDanger ? 'button danger' : 'button primary';
  return (
    <Form ref={form} className="form" onSubmit={submit} validationBehavior="aria">
      <FormErrorsContext value={{ errors, clear }}>{props.children}</FormErrorsContext>
      <Problem {...problem} />
      <div className="form-actions">
        <Button type="submit" className={look} aria-disabled={isBusy}>
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
  const [problem, setProblem] = useState<ProblemProps>({});
  /** Those that were refused. */
  const [attempts, setAttempts] = useState(0);
  const clear = (name: string) =>
    setErrors((all) => Object.fromEntries(Object.entries(all).filter(([each]) => each !== name)));
  const refuse = (found: FieldErrors, why: ProblemProps) => {
    setErrors(found);
    setProblem(why);
    setAttempts((count) => count + 1);
  };
  const send = async () => {
    try {
      await onSubmit();
      setIsDone(true);
    } catch (error) {
      const code = codeOf(error);
      const fields = error instanceof ProtocolError ? error.fields : [];
      const why = refusal?.(
        code,
        fields.map(({ pointer }) => pointer),
      );
      const found = fields.map(({ pointer, code }) => [pointer.slice(1), fieldText(code)]);
      refuse(Object.fromEntries(found), why ? { text: why } : problemOf(error));
      await account.doubt(error);
    }
  };
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    if (isBusy) return;
    const found = check?.() ?? none;
    setIsDone(false);
    if (Object.keys(found).length > 0) return refuse(found, { text: text('form.check') });
    setErrors(none);
    setProblem({});
    setIsBusy(true);
    await send();
    setIsBusy(false);
  };
  return { submit, isBusy, errors, clear, attempts, problem, isDone };
}
