/**
 * Many requests over a few connections, each with a body and a key of its own: what a generator that
 * repeats one request cannot send. One request at a time on each connection (HTTP/1.1, keep-alive).
 */
import { connect, type Socket } from 'node:net';

export interface LoadRequest {
  method?: string;
  path: string;
  headers?: Record<string, string>;
  body?: unknown;
}

export interface LoadOptions {
  url: string;
  connections: number;
  seconds: number;
  /** All connections together, however fast they are. */
  maxRequests: number;
  /** All connections together, evenly; absent: as fast as answers come. */
  perSecond?: number;
  request: (index: number) => LoadRequest;
  /** Absent: bodies are not looked at. */
  onAnswer?: (answer: LoadAnswer, index: number) => void;
}

export interface LoadAnswer {
  status: number;
  /** Status line and headers. */
  head: string;
  body: string;
  ms: number;
}

export interface LoadResult {
  /** Answers per second. */
  rate: number;
  /** Of each answer, ms; at a rate from when its request was due, so that no queue is left out. */
  times: number[];
  /** Answers by status. */
  statuses: Map<number, number>;
}

/** Until the time is over or all requests are answered; every request that was sent is answered. */
export async function load(options: LoadOptions): Promise<LoadResult> {
  const result: LoadResult = { rate: 0, times: [], statuses: new Map() };
  const began = performance.now();
  let sent = 0;
  const next = () => {
    const isOver = performance.now() - began >= options.seconds * 1000;
    return isOver || sent >= options.maxRequests ? null : sent++;
  };
  const lines = Array.from({ length: options.connections }, (_, line) =>
    serve(options, line, next, result),
  );
  await Promise.all(lines);
  result.rate = (result.times.length / (performance.now() - began)) * 1000;
  return result;
}

async function serve(
  options: LoadOptions,
  line: number,
  next: () => number | null,
  result: LoadResult,
): Promise<void> {
  const { connections, perSecond } = options;
  const everyMs = perSecond === undefined ? 0 : (connections / perSecond) * 1000;
  const wire = new Wire(options.url);
  let due = performance.now() + (everyMs * line) / connections;
  try {
    for (let index = next(); index !== null; index = next()) {
      const waitMs = everyMs === 0 ? 0 : due - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
      const answer = await wire.ask(options.request(index));
      result.times.push(everyMs === 0 ? answer.ms : performance.now() - due);
      result.statuses.set(answer.status, (result.statuses.get(answer.status) ?? 0) + 1);
      options.onAnswer?.(answer, index);
      due += everyMs;
    }
  } finally {
    wire.close();
  }
}

/** Empty where there is none. */
export function headerIn(head: string, name: string): string {
  const line = head.split('\r\n').find((one) => one.toLowerCase().startsWith(`${name}: `));
  return line === undefined ? '' : line.slice(name.length + 2);
}

/** One connection. */
export class Wire {
  private readonly socket: Socket;
  private readonly host: string;
  private received: Buffer = Buffer.alloc(0);
  private began = 0;
  private settle: { answer: (answer: LoadAnswer) => void; fail: (error: Error) => void } | null =
    null;

  constructor(url: string) {
    const { hostname, port, host } = new URL(url);
    this.host = host;
    this.socket = connect({ host: hostname, port: Number(port), noDelay: true });
    this.socket.on('data', (chunk) => this.onData(chunk));
    this.socket.on('error', (error) => this.settle?.fail(error));
    this.socket.on('close', () => this.settle?.fail(new Error('the connection was closed')));
  }

  ask({ method = 'POST', path, headers = {}, body }: LoadRequest): Promise<LoadAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body);
    let head = `${method} ${path} HTTP/1.1\r\nhost: ${this.host}\r\n`;
    for (const [name, value] of Object.entries(headers)) head += `${name}: ${value}\r\n`;
    if (body !== undefined) {
      head += `content-type: application/json\r\ncontent-length: ${Buffer.byteLength(text)}\r\n`;
    }
    return new Promise((answer, fail) => {
      this.settle = { answer, fail };
      this.began = performance.now();
      this.socket.write(`${head}\r\n${text}`);
    });
  }

  close(): void {
    this.settle = null;
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const end = this.received.indexOf('\r\n\r\n');
    if (end < 0) return;
    const head = this.received.toString('latin1', 0, end);
    const length = Number(/^content-length: (\d+)/im.exec(head)?.[1] ?? 0);
    if (this.received.length < end + 4 + length) return;
    const body = this.received.toString('utf8', end + 4, end + 4 + length);
    this.received = Buffer.alloc(0);
    const { settle } = this;
    this.settle = null;
    const ms = performance.now() - this.began;
    settle?.answer({ status: Number(head.slice(9, 12)), head, body, ms });
  }
}
