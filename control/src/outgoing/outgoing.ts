import type { LookupAddress } from 'node:dns';
import { type IncomingMessage, request as requestPlain } from 'node:http';
import { request as requestSecure } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { isPublicAddress } from './addresses.js';
import { resolveName } from './resolving.js';

type Resolve = (host: string, signal: AbortSignal) => Promise<LookupAddress[]>;

export interface OutgoingOptions {
  /** Plain HTTP and any address: for tests and closed networks. */
  allowPrivate: boolean;
  /** Every address of a name; in place of the system's hosts file and name servers. */
  resolve?: Resolve;
  /** In place of the rule that only public addresses are reached. */
  isAllowed?: (address: string) => boolean;
  /** PEM, in place of the well-known authorities. */
  ca?: string;
}

export interface OutgoingRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
  /** Ends the request wherever it is. */
  signal: AbortSignal;
}

/** `address`: where it leads is not allowed; `unreachable`: there was no answer. */
export type OutgoingFailure = 'address' | 'unreachable' | 'aborted';

/** The message is for whoever set the address: no secret, no stack. */
export class OutgoingError extends Error {
  constructor(
    readonly code: OutgoingFailure,
    message: string,
  ) {
    super(message);
    this.name = 'OutgoingError';
  }
}

const maxAnswerBytes = 16 * 1024;
const maxHeaderBytes = 16 * 1024;

/**
 * Requests to addresses that others chose. The name is resolved once, every address it has must be
 * allowed, and the connection goes to one of these very addresses: a name that changes meanwhile
 * changes nothing. Redirects are not followed, bodies are neither kept nor decompressed (ASVS
 * 15.3.2).
 */
export class Outgoing {
  private readonly isAllowed: (address: string) => boolean;
  private readonly resolve: Resolve;

  constructor(private readonly options: OutgoingOptions) {
    const byRule = options.allowPrivate ? () => true : isPublicAddress;
    this.isAllowed = options.isAllowed ?? byRule;
    this.resolve = options.resolve ?? resolveName;
  }

  /**
   * What can be told without resolving. The URL comes back as it will be used: every writing of an
   * IPv4 address (decimal, octal, hexadecimal, short) has become the dotted one.
   * @throws OutgoingError `address`.
   */
  check(text: string): URL {
    const url = URL.canParse(text) ? new URL(text) : refuse('This is no address.');
    if (url.protocol !== 'https:' && !(this.options.allowPrivate && url.protocol === 'http:')) {
      refuse('The address has to begin with https://.');
    }
    if (url.username !== '' || url.password !== '') refuse('The address holds a password.');
    const literal = literalOf(url);
    if (literal !== null && !this.isAllowed(literal)) refuse('The address is not a public one.');
    return url;
  }

  /**
   * The status of the answer, whatever it is.
   * @throws OutgoingError.
   */
  async post(request: OutgoingRequest): Promise<number> {
    const url = this.check(request.url);
    const addresses = literalOf(url) === null ? await this.addressesOf(url, request.signal) : [];
    return send(url, request, { lookup: pinnedTo(addresses), ca: this.options.ca });
  }

  private async addressesOf(url: URL, signal: AbortSignal): Promise<LookupAddress[]> {
    const aborted = new Promise<never>((_, reject) => {
      const abort = () => reject(new OutgoingError('aborted', 'The name took too long.'));
      if (signal.aborted) abort();
      signal.addEventListener('abort', abort, { once: true });
    });
    const resolving = this.resolve(url.hostname, signal).catch((error) => {
      throw new OutgoingError('unreachable', `The name has no address${codeOf(error)}.`);
    });
    const addresses = await Promise.race([resolving, aborted]);
    if (addresses.length === 0) throw new OutgoingError('unreachable', 'The name has no address.');
    if (!addresses.every(({ address }) => this.isAllowed(address))) {
      refuse('The name leads to an address that is not a public one.');
    }
    return addresses;
  }
}

function refuse(message: string): never {
  throw new OutgoingError('address', message);
}

/** The address, when it is one and not a name. */
function literalOf(url: URL): string | null {
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) === 0 ? null : host;
}

/** Answers with what was checked, whatever is asked. */
function pinnedTo(addresses: readonly LookupAddress[]): LookupFunction {
  return (_host, { all }, answer) => {
    const [first] = addresses;
    if (first === undefined) answer(new Error('nothing was resolved'), '');
    else if (all === true) answer(null, [...addresses]);
    else answer(null, first.address, first.family);
  };
}

function send(
  url: URL,
  { headers, body, signal }: OutgoingRequest,
  { lookup, ca }: { lookup: LookupFunction; ca: string | undefined },
): Promise<number> {
  const start = url.protocol === 'https:' ? requestSecure : requestPlain;
  return new Promise((resolve, reject) => {
    const request = start(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
      lookup,
      maxHeaderSize: maxHeaderBytes,
      signal,
      ...(ca === undefined ? {} : { ca }),
    });
    let status: number | undefined;
    const fail = (error: OutgoingError) => {
      if (status === undefined) reject(error);
    };
    request.on('response', (response) => {
      status = response.statusCode ?? 0;
      drain(response, () => resolve(status ?? 0));
    });
    request.on('error', (error) => {
      const aborted = signal.aborted && new OutgoingError('aborted', 'The answer took too long.');
      fail(aborted || new OutgoingError('unreachable', `There is no answer${codeOf(error)}.`));
    });
    // Whatever else ends it, such as a switch of protocols.
    request.on('close', () => fail(new OutgoingError('unreachable', 'There is no answer.')));
    request.end(body);
  });
}

/** Lets whoever answers finish a short body; the status counts even when that fails. */
function drain(response: IncomingMessage, done: () => void): void {
  let bytes = 0;
  response.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > maxAnswerBytes) response.destroy();
  });
  response.on('error', () => {});
  response.on('close', done);
}

/** ` (ECONNREFUSED)`: what the system or TLS says, nothing when it says nothing. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^[A-Z0-9_]{1,64}$/.test(code) ? ` (${code})` : '';
}
