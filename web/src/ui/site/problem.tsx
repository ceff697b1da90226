import type { ClientCode } from '../../../../client/src/index.js';
import { errorText } from '../../strings/index.js';
import { ReloadIfAsked } from '../reload-button.js';

export interface ProblemProps {
  /** Undefined: all is well, or it is no refusal. */
  code?: ClientCode | undefined;
  /** Where the common one of the code does not fit. */
  text?: string | undefined;
}

/** Why something did not work; there before it speaks, so that it is heard. */
export function Problem({ code, text = code ? errorText(code) : '' }: ProblemProps) {
  return (
    <>
      <p role="alert" className="form-error">
        {text}
      </p>
      <ReloadIfAsked code={code} />
    </>
  );
}
