import { randomUUID } from 'node:crypto';
import type { Test } from 'tap';
import type { KeyRing } from '../keys/key-ring.js';
import type { ApiScope, CreatedWebhook, Delivery, Listed } from '../schemas/http.js';
import type { Database } from '../store/database.js';
import { makeApiKey, makeUser } from './test-accounts.js';
import { createMeeting, type TestMeeting } from './test-client.js';
import { TestClock } from './test-clock.js';
import { type TestControl, testControl } from './test-control.js';

export interface Account {
  userId: string;
  headers: { authorization: string };
}

export interface AccountWish {
  admin?: boolean;
  /** Of the login that made the key. */
  secondFactor?: boolean;
  scopes?: ApiScope[];
}

/** Control with webhooks that run, and a clock that stands still. */
export class WebhookStage {
  readonly clock = new TestClock();

  private constructor(readonly control: TestControl) {}

  static async open(
    t: Test,
    database: Database,
    { allowPrivate = true, keys }: { allowPrivate?: boolean; keys?: KeyRing } = {},
  ): Promise<WebhookStage> {
    const clock = new TestClock();
    const config = { webhooks: { allowPrivate } };
    const own = keys === undefined ? {} : { keys };
    const control = await testControl(t, database, { clock, config, ...own });
    const stage = Object.assign(new WebhookStage(control), { clock });
    control.services.outbox.start();
    control.services.webhooks.dispatcher.start();
    return stage;
  }

  /** Somebody who comes with an API key. */
  async account({ scopes, ...wish }: AccountWish = {}): Promise<Account> {
    const user = await makeUser(this.control, wish);
    const wide: ApiScope[] = ['webhooks:read', 'webhooks:write'];
    const { headers } = await makeApiKey(this.control.origin, user, scopes ?? wide);
    return { userId: user.userId, headers };
  }

  /** A meeting of that account. */
  async meetingOf(account: Account, body: object = {}): Promise<TestMeeting> {
    const { origin, database } = this.control;
    const meeting = await createMeeting(origin, body);
    await database.query('update meetings set host_id = $1 where meeting_id = $2', [
      account.userId,
      meeting.meeting.meeting_id,
    ]);
    return meeting;
  }

  async request(
    account: Pick<Account, 'headers'> | null,
    method: string,
    path: string,
    { body, headers }: { body?: object; headers?: Record<string, string> } = {},
  ): Promise<Response> {
    return fetch(`${this.control.origin}/v1/webhooks${path}`, {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': randomUUID() } : {}),
        ...account?.headers,
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  }

  async webhook(account: Account, body: { url: string; types?: string[] }) {
    const response = await this.request(account, 'POST', '', { body });
    if (response.status !== 201) throw new Error(await response.text());
    return (await response.json()) as CreatedWebhook;
  }

  async deliveries(account: Account, webhookId: string): Promise<Delivery[]> {
    const response = await this.request(account, 'GET', `/${webhookId}/deliveries?limit=200`);
    return ((await response.json()) as Listed<Delivery>).items;
  }

  /** Writes events into the log of a room, as what happens there does. */
  async happen(meetingId: string, types: readonly string[], payload: object = {}): Promise<void> {
    const room = await this.control.services.rooms.open(meetingId);
    await Promise.all(types.map((type) => room.record(type, meetingId, payload)));
  }

  /** Moves the clock and waits until all that is due then is delivered, or was tried. */
  async pass(milliseconds = 0): Promise<void> {
    const { outbox, webhooks } = this.control.services;
    this.clock.advance(milliseconds);
    outbox.poke();
    await outbox.settled();
    webhooks.dispatcher.poke();
    await webhooks.dispatcher.settled();
  }
}
