import type { Clock } from '../../clock.js';
import type { ClientType } from '../../schemas/client-messages.js';
import { type BucketRate, TokenBucket } from '../../token-bucket.js';

export interface SignalingLimits {
  messages: BucketRate;
  chat: BucketRate;
  subscriptions: BucketRate;
  offers: BucketRate;
  reactions: BucketRate;
}

type Limited = Exclude<keyof SignalingLimits, 'messages'>;

const limitOf: Partial<Record<ClientType, Limited>> = {
  'chat.send': 'chat',
  'subscription.set': 'subscriptions',
  'publish.offer': 'offers',
  'subscribe.restart': 'offers',
  reaction: 'reactions',
};

/** The budgets of one socket. */
export class MessageBudget {
  private readonly buckets: Record<keyof SignalingLimits, TokenBucket>;

  constructor(limits: SignalingLimits, clock: Clock) {
    this.buckets = {
      messages: new TokenBucket(limits.messages, clock),
      chat: new TokenBucket(limits.chat, clock),
      subscriptions: new TokenBucket(limits.subscriptions, clock),
      offers: new TokenBucket(limits.offers, clock),
      reactions: new TokenBucket(limits.reactions, clock),
    };
  }

  /** False when the socket sends more than any client of ours: it is closed. */
  takeMessage(): boolean {
    return this.buckets.messages.take() === 0;
  }

  /** 0, or the milliseconds to wait before a message of this type. */
  take(type: ClientType): number {
    const limited = limitOf[type];
    return limited === undefined ? 0 : this.buckets[limited].take();
  }
}
