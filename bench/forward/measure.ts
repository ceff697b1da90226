/** One measurement: a target under load for some seconds. */
import { setTimeout as pause } from 'node:timers/promises';
import type { NodeReading } from './node-protocol.js';
import type { LoadReading } from './programs.js';
import type { World } from './world.js';

export type Target = 'node' | 'ideal';

/** Counted by whoever forwards, between two readings of its own. */
export interface Forwarded {
  /** How long it was counted: what a node says of itself may be 100 ms old. */
  spanUs: number;
  packetsIn: number;
  packetsOut: number;
  bytesOut: number;
  /** Of the threads that forward. */
  cpuUs: number;
  /** Of these the first. 0: there is but one, or it is not counted. */
  firstCpuUs: number;
  sendCalls: number;
  /** 0: not counted. So are the following. */
  sendMessages: number;
  receiveMessages: number;
  wakeUps: number;
  /** CPU of the node's JavaScript and all else in its process. */
  otherCpuUs: number;
}

export interface Measurement extends Forwarded {
  target: Target;
  load: LoadReading;
  /** CPU time per packet out, µs. */
  usPerPacket: number;
  /** Why the figures mean nothing; null: they do. */
  void: string | null;
}

/** Until handshakes, key frames and caches have settled; with feedback until estimates have grown. */
const WARM_UP_MS = { off: 700, gcc: 12_000 };
/** What is under way when the load ends. */
const COOL_DOWN_MS = 100;

export async function measure(
  world: World,
  target: Target,
  seconds: number,
  warmUpMs = WARM_UP_MS[target === 'node' ? world.pacing : 'off'],
): Promise<Measurement> {
  const sources = world.sources(target);
  await world.load.ask({
    do: 'start',
    target: target === 'node' ? 'server' : 'ideal',
    ...world.idealPlace,
    sources,
  });
  await pause(warmUpMs);
  const [first] = await Promise.all([readForwarded(world, target), world.load.mark()]);
  await pause(seconds * 1000);
  const [last, load] = await Promise.all([readForwarded(world, target), world.load.mark()]);
  await world.load.ask({ do: 'stop' });
  await pause(COOL_DOWN_MS);
  const forwarded = difference(first, last);
  const usPerPacket = forwarded.cpuUs / forwarded.packetsOut;
  return {
    target,
    load,
    ...forwarded,
    usPerPacket,
    void: whyVoid(load) ?? whyBehind(forwarded, load),
  };
}

/** What is due while the time is read; with few packets it is more than a hundredth. */
const UNDER_WAY = 16;

/** The generator is to be nobody's bottleneck. */
export function whyVoid({ busy, asked, sent, sinkDrops }: LoadReading): string | null {
  if (busy > 0.9) return `the generator was the bottleneck: ${(busy * 100).toFixed(0)} % busy`;
  if (sent < 0.99 * asked - UNDER_WAY)
    return `the generator was the bottleneck: it sent ${sent} of ${asked} packets`;
  if (sinkDrops > 0)
    return `the generator was the bottleneck: ${sinkDrops} packets lost at full sinks`;
  return null;
}

/** A figure of somebody who does not keep up is not one of the work that was asked for. */
function whyBehind(
  { packetsIn, spanUs }: Forwarded,
  { sent, seconds }: LoadReading,
): string | null {
  const [taken, offered] = [packetsIn / (spanUs / 1e6), sent / seconds];
  if (taken >= 0.98 * offered) return null;
  return `overloaded: ${taken.toFixed(0)} of ${offered.toFixed(0)} packets per s were taken`;
}

async function readForwarded(world: World, target: Target): Promise<Forwarded> {
  if (target === 'node') return sumOf(await world.node.read());
  const { packetsIn, packetsOut, calls, messages, cpuUs } = await world.ideal.read();
  return {
    ...NOTHING,
    spanUs: performance.now() * 1000,
    ...{ packetsIn, packetsOut, cpuUs, sendCalls: calls, sendMessages: messages },
  };
}

export function sumOf({ shards, processCpuUs, mediaCpuUs }: NodeReading): Forwarded {
  const sum = (name: string) =>
    shards.reduce((total, shard) => total + (Number(Reflect.get(shard, name)) || 0), 0);
  const cpuUs = sum('cpuUs');
  return {
    spanUs: sum('nowUs') / shards.length,
    packetsIn: sum('packetsReceived'),
    packetsOut: sum('packetsSent'),
    bytesOut: sum('bytesSent'),
    cpuUs,
    firstCpuUs: shards.length > 1 ? Number(shards[0]?.cpuUs) || 0 : 0,
    sendCalls: sum('sendCalls'),
    sendMessages: sum('sendMessages'),
    receiveMessages: sum('receiveMessages'),
    wakeUps: sum('wakeups'),
    otherCpuUs: processCpuUs - mediaCpuUs,
  };
}

export const NOTHING: Forwarded = {
  ...{ spanUs: 0, packetsIn: 0, packetsOut: 0, bytesOut: 0, cpuUs: 0, firstCpuUs: 0 },
  ...{ sendCalls: 0, sendMessages: 0, receiveMessages: 0, wakeUps: 0, otherCpuUs: 0 },
};

function combined(a: Forwarded, b: Forwarded, sign: 1 | -1): Forwarded {
  const result = { ...NOTHING };
  for (const name of Object.keys(NOTHING) as (keyof Forwarded)[]) {
    result[name] = a[name] + sign * b[name];
  }
  return result;
}

export function combine(a: Forwarded, b: Forwarded): Forwarded {
  return combined(a, b, 1);
}

export function difference(first: Forwarded, last: Forwarded): Forwarded {
  return combined(last, first, -1);
}
