/** One m-line of a subscribe transport. Not public. */
import { newSsrc } from './core.js';
import type { EngineChannel } from './engine/channel.js';
import { type Handle, shardOf } from './engine/handle.js';
import type { NegotiatedCodec } from './negotiation/codecs.js';
import type { SlotDescription } from './negotiation/subscribe.js';
import type { MediaKind } from './publication.js';
import type { LiveSubscription } from './subscription.js';

/** m-lines of one kind to one participant: more tiles than any screen shows. */
export const MAX_SLOTS = 64;

/** Given instead of chosen. */
interface OwnSsrcs {
  ssrc?: number;
  rtxSsrc?: number;
}

export class Slot {
  readonly description: SlotDescription;
  /** What flows through it. */
  subscription: LiveSubscription | null = null;
  /** Set while the client receives here. */
  outbound: Handle | null = null;
  /** The client answered that it takes nothing here: of no use any more. */
  isRefused = false;

  constructor(mid: string, kind: MediaKind, cname: string, own: OwnSsrcs = {}) {
    const rtxSsrc = own.rtxSsrc ?? (kind === 'video' ? newSsrc() : 0);
    this.description = { mid, kind, ssrc: own.ssrc ?? newSsrc(), rtxSsrc, cname };
  }

  /** The client has answered: opens the way to it, at once for what already waits here. */
  open(channel: EngineChannel, transport: Handle, codecs: readonly NegotiatedCodec[]): void {
    const outbound = channel.open('outbound', shardOf(transport));
    this.outbound = outbound;
    channel.post(outbound, {
      type: 'outboundCreate',
      outbound,
      transport,
      ...this.description,
      codecs,
    });
    this.subscription?.connect(outbound);
  }

  refuse(channel: EngineChannel): void {
    this.isRefused = true;
    this.subscription?.leaveSlot();
    this.close(channel);
  }

  close(channel: EngineChannel): void {
    this.subscription?.disconnect();
    const { outbound } = this;
    this.outbound = null;
    if (outbound !== null) {
      channel.close('outbound', outbound, { type: 'outboundClose', outbound });
    }
  }
}
