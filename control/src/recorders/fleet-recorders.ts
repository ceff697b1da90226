import type { RecorderLoad } from '../../../recorder/src/index.js';
import { FleetMembers, type FleetMembersContext } from '../fleet/fleet-members.js';
import type { MemberLinkListener } from '../fleet/member-link.js';
import type { Hello } from '../fleet/node-messages.js';
import { placeRecording } from './placing.js';
import type { RecorderDescription, RecorderEvent } from './recorder-client.js';
import { RecorderLink } from './recorder-link.js';
import type { PlacedRecorder, Recorders, RecordersListener } from './recorders.js';

export interface FleetRecordersContext extends FleetMembersContext {
  speaksFor: (recorder: { nodeId: string; region: string }) => boolean;
  /** By what is written of it, which a process that has never seen it knows as well. */
  decidesFor: (recorderId: string) => boolean;
}

/** The recorders that dialled this process. */
export class FleetRecorders
  extends FleetMembers<RecorderLink, RecorderLoad, RecorderDescription, RecorderEvent>
  implements Recorders
{
  private readonly listeners: RecordersListener[] = [];

  constructor(private readonly own: FleetRecordersContext) {
    super(own, 'a recorder');
    this.hearAll({
      event: (recorderId, event) => {
        for (const listener of this.listeners) listener.event(recorderId, event);
      },
      lost: (recorderId) => {
        for (const listener of this.listeners) listener.lost(recorderId);
      },
      described: (link, description) => {
        for (const listener of this.listeners) listener.described(link, description);
      },
      draining: (recorderId, until) => {
        if (until === null || !this.link(recorderId)?.isLeaving) return;
        for (const listener of this.listeners) listener.leaving?.(recorderId);
      },
    });
  }

  place(wish: { region?: string; except?: readonly string[] } = {}): PlacedRecorder | null {
    const { region = this.own.region, except = [] } = wish;
    const link = placeRecording(this.all, { region, except });
    if (link !== null) link.promised += 1;
    return link;
  }

  /** One that is cut off lives, and is found when the way is back. */
  find(recorderId: string): PlacedRecorder | null {
    return this.link(recorderId);
  }

  speaksFor(recorderId: string): boolean {
    const link = this.link(recorderId);
    return link !== null && this.own.speaksFor(link);
  }

  decidesFor(recorderId: string): boolean {
    return this.own.decidesFor(recorderId);
  }

  listen(listener: RecordersListener): void {
    this.listeners.push(listener);
  }

  /** One that was asked to stop closes its connection when it stops writing; if it was only cut off, it comes again. */
  protected override hasLeft({ isLeaving, isConnected }: RecorderLink): boolean {
    return isLeaving && !isConnected;
  }

  protected newLink(
    recorderId: string,
    hello: Hello<RecorderLoad, RecorderDescription>,
    listener: MemberLinkListener<RecorderEvent>,
  ): RecorderLink {
    return new RecorderLink(recorderId, hello, this.context.clock, listener);
  }
}
