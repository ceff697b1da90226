/** Sockets that are connected: what each takes, and how fast all of a large room hear something. */
import { quantile } from '../results.js';
import { open } from './joins.js';
import { type BenchMeeting, makeMeeting } from './meetings.js';
import { fill, type Person } from './people.js';
import type { Product } from './product.js';
import { type Figures, type Row, timesOf } from './rows.js';

const sockets = 5000;
const rooms = 250;
/** Before what is resident counts: rooms open, code is compiled, pools have grown. */
const warmUp = 500;
const listeners = 500;
const messages = 50;
const messageEveryMs = 200;
/** Of all receipts of the last message. */
const patienceMs = 5000;
const restMs = 10_000;

function rest(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Since the scrape before, ms (prom-client starts anew with each). */
export async function eventLoopLag({ adminUrl }: Pick<Product, 'adminUrl'>): Promise<number> {
  const text = await (await fetch(new URL('/metrics', adminUrl))).text();
  const [, seconds] = /^nodejs_eventloop_lag_p99_seconds (\S+)/m.exec(text) ?? [];
  return Number(seconds) * 1000;
}

export const socketsRow: Row = {
  name: 'sockets',
  bars: [
    { figure: 'sockets', is: 'at least', bar: sockets },
    { figure: 'socket_rss_bytes', is: 'at most', bar: 50_000 },
    { figure: 'sockets_loop_lag_p99_ms', is: 'at most', bar: 20 },
  ],
  async measure(product) {
    const meetings: BenchMeeting[] = [];
    while (meetings.length < rooms) meetings.push(await makeMeeting(product, open));
    const first = await fill(product, meetings, warmUp);
    await rest(2000);
    const before = await product.residentBytes('clean');
    const people = [...first, ...(await fill(product, meetings, sockets - warmUp))];
    await rest(2000);
    await eventLoopLag(product);
    const cpu = product.cpu().server;
    await rest(restMs);
    const lag = await eventLoopLag(product);
    const spent = product.cpu().server - cpu;
    const withGarbage = (await product.residentBytes('as it is')) - before;
    const grown = (await product.residentBytes('clean')) - before;
    for (const person of people) person.leave();
    return {
      sockets: people.length,
      socket_rss_bytes: grown / (sockets - warmUp),
      socket_rss_with_garbage_bytes: withGarbage / (sockets - warmUp),
      sockets_loop_lag_p99_ms: lag,
      sockets_idle_server_cpu_percent: (spent / (restMs / 1000)) * 100,
    };
  },
};

export const fanOutRow: Row = {
  name: 'fan-out',
  bars: [
    { figure: 'fan_out_received_share', is: 'at least', bar: 1 },
    { figure: 'fan_out_p99_ms', is: 'at most', bar: 50 },
  ],
  async measure(product) {
    const people = await fill(product, [await makeMeeting(product, open)], listeners);
    const cpu = product.cpu().server;
    const times = await chat(people);
    const spent = product.cpu().server - cpu;
    for (const person of people) person.leave();
    return figuresOf(times, spent);
  },
};

/** One says something five times a second. @returns ms until each heard it, for each receipt. */
async function chat(people: readonly Person[]): Promise<number[]> {
  const times: number[] = [];
  const sentAt: number[] = [];
  for (const person of people) {
    person.onChat = (text, at) => times.push(at - (sentAt[Number(text)] as number));
  }
  for (let message = 0; message < messages; message += 1) {
    sentAt.push(performance.now());
    people[0]?.say(String(message));
    await rest(messageEveryMs);
  }
  const deadline = performance.now() + patienceMs;
  while (times.length < people.length * messages && performance.now() < deadline) await rest(50);
  return times;
}

function figuresOf(times: readonly number[], cpuSeconds: number): Figures {
  return {
    fan_out_received_share: times.length / (listeners * messages),
    ...timesOf('fan_out', times),
    fan_out_max_ms: quantile(times, 1),
    fan_out_server_cpu_us_per_receipt: (cpuSeconds / times.length) * 1e6,
  };
}
