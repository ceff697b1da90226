import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface Received {
  headers: IncomingHttpHeaders;
  text: string;
  body: {
    id: string;
    type: string;
    created_at: string;
    meeting_id?: string;
    room_id?: string;
    room_seq?: number;
    data: Record<string, unknown>;
  };
}

/** A status, or what else to do with the answer. */
export type Reply = number | ((response: ServerResponse) => void);

/** A real HTTP server that remembers what webhooks sent to it. */
export class Receiver {
  readonly received: Received[] = [];
  url = '';
  /** How to answer the next one. */
  reply: (received: Received) => Reply = () => 204;
  private wake = () => {};

  private constructor() {}

  static async start(t: Test): Promise<Receiver> {
    const receiver = new Receiver();
    const server = createServer(async (request, response) => {
      const text = Buffer.concat(await request.toArray()).toString();
      const received: Received = { headers: request.headers, text, body: JSON.parse(text) };
      receiver.received.push(received);
      const reply = receiver.reply(received);
      if (typeof reply === 'number') response.writeHead(reply).end();
      else reply(response);
      receiver.wake();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.teardown(() => {
      server.closeAllConnections();
      server.close();
    });
    receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks`;
    return receiver;
  }

  get types(): string[] {
    return this.received.map(({ body }) => body.type);
  }

  get seqs(): (number | undefined)[] {
    return this.received.map(({ body }) => body.room_seq);
  }

  /** Resolves when `count` have come in all. */
  async have(count: number): Promise<void> {
    while (this.received.length < count) {
      await new Promise<void>((resolve) => {
        const before = this.wake;
        this.wake = () => {
          before();
          resolve();
        };
      });
    }
  }
}

/**
 * Is it signed by this secret, as docs/webhooks.md says? With Web Crypto, as a receiver would.
 * @param secret `whsec_…`
 */
export async function isSignedBy(secret: string, { headers, text }: Received): Promise<boolean> {
  const raw = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const hmac = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', raw, hmac, false, ['verify']);
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${text}`;
  for (const signature of String(headers['webhook-signature']).split(' ')) {
    const [version, mac = ''] = signature.split(',');
    const bytes = Buffer.from(mac, 'base64');
    const data = new TextEncoder().encode(signed);
    if (version === 'v1' && (await crypto.subtle.verify('HMAC', key, bytes, data))) return true;
  }
  return false;
}
