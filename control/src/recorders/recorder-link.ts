import type { RecorderLoad } from '../../../recorder/src/index.js';
import { MemberLink } from '../fleet/member-link.js';
import {
  type RecorderClient,
  type RecorderDescription,
  type RecorderEvent,
  recorderClientOf,
} from './recorder-client.js';
import type { PlacedRecorder } from './recorders.js';

/** One incarnation of a recorder, as this control process is in contact with it. */
export class RecorderLink
  extends MemberLink<RecorderLoad, RecorderDescription, RecorderEvent>
  implements PlacedRecorder
{
  readonly client: RecorderClient = recorderClientOf(
    (method, argument) => this.call(method, argument),
    () => {},
  );

  get recorderId(): string {
    return this.nodeId;
  }
}
