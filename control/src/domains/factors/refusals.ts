import { ControlError } from '../../control-error.js';

type ProofField = 'code' | 'credential';

export function lacking(field: ProofField): ControlError {
  return new ControlError('bad_request', 'The proof of this kind of factor is missing.', {
    errors: [{ pointer: `/${field}`, code: 'required', detail: 'by which this factor is proven' }],
  });
}

export function wrong(field: ProofField): ControlError {
  const error =
    field === 'code'
      ? { code: 'otp_wrong', detail: 'the code that the app shows now' }
      : { code: 'credential_wrong', detail: 'not what was asked for, or too late: begin again' };
  return new ControlError('bad_request', 'The proof is wrong.', {
    errors: [{ pointer: `/${field}`, ...error }],
  });
}

export function needsName(): ControlError {
  const detail = 'http.origin has to be a name: browsers make no keys for addresses';
  return new ControlError('conflict', 'Security keys do not work at this address.', {
    errors: [{ pointer: '/kind', code: 'needs_name', detail }],
  });
}

/** Or a login without it could take it away, or bring one of its own. */
export function needsFactor(): ControlError {
  return new ControlError('forbidden', 'Show the second factor first: this login has shown none.', {
    errors: [{ pointer: '', code: 'second_factor_required', detail: 'show it, and repeat' }],
  });
}

export function notFound(): ControlError {
  return new ControlError('not_found', 'There is no such factor.');
}

export function alreadyDone(): ControlError {
  return new ControlError('already_done', 'It was confirmed before.');
}
