import { randomParts } from './random-parts.js';

/**
 * W3C Trace Context (Recommendation of 2021-11-23), level 1, §3.2: `traceparent`. Nothing is measured
 * here: a trace that somebody began is found again in our log, our events and what they cause.
 */
export interface Trace {
  /** 32 hexadecimal digits, not all zero. */
  traceId: string;
  /** Ours, 16 hexadecimal digits: the parent of what we ask others. */
  spanId: string;
  isSampled: boolean;
}

//                version         trace-id         parent-id        flags
const shape = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
const sampled = 1;

const newTrace = randomParts(16);
const newSpan = randomParts(8);

/** Goes on with the trace of a request; one that has none, or no valid one, begins a trace (§3.2.2.5). */
export function traceFrom(header: string | string[] | undefined): Trace {
  const spanId = newSpan().toString('hex');
  const [, version, traceId = '', parentId = '', flags = '', more] =
    shape.exec(typeof header === 'string' ? header.trim() : '') ?? [];
  const isValid =
    version !== undefined &&
    version !== 'ff' &&
    // Of version 00 nothing follows; a later one may say more (§4.3).
    (version !== '00' || more === undefined) &&
    !/^0+$/.test(traceId) &&
    !/^0+$/.test(parentId);
  if (!isValid) return { traceId: newTrace().toString('hex'), spanId, isSampled: false };
  return { traceId, spanId, isSampled: (Number.parseInt(flags, 16) & sampled) !== 0 };
}

/** A trace with a span of its own: for what it causes later. */
export function childOf(trace: Trace): Trace {
  return { ...trace, spanId: newSpan().toString('hex') };
}

export function traceparentOf({ traceId, spanId, isSampled }: Trace): string {
  return `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
}
