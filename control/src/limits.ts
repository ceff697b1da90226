import type { Config } from './config.js';
import type { PasscodeLimits } from './domains/join/service.js';
import type { ShareLimits } from './domains/recordings/service.js';
import type { LoginLimits } from './domains/sessions/service.js';
import type { SignalingLimits } from './domains/signaling/service.js';
import type { PoolLimits } from './passwords/hash-pool.js';
import { defaultPoolLimits } from './passwords/passwords.js';
import type { GeneralLimits } from './plugins/rate-limit.js';
import type { BucketRate, WindowLimit } from './token-bucket.js';

/** Never more: for what guards secrets. */
export function withinMinute(count: number): WindowLimit {
  return { count, windowMs: 60_000 };
}

/** As many at once as in a minute. */
export function perMinute(count: number): BucketRate {
  return { perSecond: count / 60, burst: count };
}

export function generalLimits({ limits }: Config): GeneralLimits {
  return {
    anonymous: perMinute(limits.requestsPerMinute),
    user: perMinute(limits.userRequestsPerMinute),
    key: perMinute(limits.keyRequestsPerMinute),
  };
}

export function passcodeLimits({ limits }: Config): PasscodeLimits {
  return {
    perAddress: withinMinute(limits.passcodeMissesPerMinute),
    perMeeting: { count: limits.passcodeMissesPerHour, windowMs: 3_600_000 },
  };
}

export function shareLimits({ limits }: Config): ShareLimits {
  return {
    misses: withinMinute(limits.joinMissesPerMinute),
    passcodesPerAddress: withinMinute(limits.passcodeMissesPerMinute),
    passcodesPerShare: { count: limits.passcodeMissesPerHour, windowMs: 3_600_000 },
  };
}

export function loginLimits({ limits }: Config): LoginLimits {
  return {
    perAccount: withinMinute(limits.accountLoginsPerMinute),
    perAddress: withinMinute(limits.addressLoginsPerMinute),
  };
}

export function passwordLimits({ limits }: Config): PoolLimits {
  return { ...defaultPoolLimits, maxWaitMs: limits.loginQueueMs };
}

export function signalingLimits({ limits }: Config): SignalingLimits {
  return {
    messages: { perSecond: limits.messagesPerSecond, burst: limits.messagesBurst },
    chat: { perSecond: limits.chatPerSecond, burst: limits.chatBurst },
    subscriptions: {
      perSecond: limits.subscriptionsPerSecond,
      burst: limits.subscriptionsBurst,
    },
    offers: { perSecond: limits.offersPerSecond, burst: limits.offersBurst },
    reactions: { perSecond: limits.reactionsPerSecond, burst: limits.reactionsBurst },
  };
}
