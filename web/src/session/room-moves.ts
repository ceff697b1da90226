/** What a command is refused with while its room goes to another node or process: nobody's mistake. */
import { type ClientCode, codeOf } from '../../../client/src/index.js';

/** `node_lost`: a `migrate` follows, or the node comes again. `stale_epoch`: a newer epoch is on its way. */
export const moveCodes: readonly ClientCode[] = ['stale_epoch', 'node_lost'];

export function isMove(error: unknown): boolean {
  return moveCodes.includes(codeOf(error));
}
