import { PlenumError } from '../errors.js';

/** The one way out for a description that cannot be used. `detail` quotes nothing of the input. */
export function reject(detail: string): never {
  throw new PlenumError('sdp_rejected', detail);
}
