/** What an operator does: the first account, tokens for nodes, a look at nodes and at the log. */
import { randomUUID } from 'node:crypto';
import { type Api, type CreatedMeeting, createApi } from '../../../client/src/index.js';

const account = {
  username: 'Operator',
  email: 'operator@example.org',
  password: 'seven quiet herons at dawn',
};

/** An event of a meeting's log, as the API has it. */
export interface LoggedEvent {
  room_id: string;
  seq: number;
  type: string;
  participant_id: string | null;
  data: Record<string, unknown>;
}

export class Admin {
  private readonly api: Api;

  private constructor(
    private readonly cookie: string,
    /** Of the control process that answers. */
    readonly origin: () => string,
  ) {
    this.api = createApi((path, init) =>
      fetch(new URL(path, origin()), { ...init, headers: { ...init.headers, cookie } }),
    );
  }

  /** Makes the first account by the link that a start prints, and logs in. */
  static async first(origin: () => string, setupToken: string): Promise<Admin> {
    const anybody = createApi((path, init) => fetch(new URL(path, origin()), init));
    const body = { ...account, setup_token: setupToken };
    await anybody.call('POST /v1/users', { body, key: randomUUID() });
    const login = await fetch(new URL('v1/sessions', origin()), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ email: account.email, password: account.password }),
    });
    const cookie = /^[^;]+/.exec(login.headers.get('set-cookie') ?? '')?.[0];
    if (cookie === undefined) throw new Error(`no login: ${await login.text()}`);
    return new Admin(cookie, origin);
  }

  /** The same person, who asks that control process. */
  at(origin: string): Admin {
    return new Admin(this.cookie, () => origin);
  }

  /** One use, to enrol a node or a recorder. */
  async nodeToken(kind: 'media' | 'recorder' = 'media'): Promise<string> {
    const made = await this.api.call('POST /v1/node-tokens', { key: randomUUID(), body: { kind } });
    return made.token;
  }

  /** Any request, and its answer as it is. @throws Error when it is refused. */
  async ask(method: string, path: string, body?: object, etag?: string): Promise<Response> {
    const headers: Record<string, string> = {
      cookie: this.cookie,
      'idempotency-key': randomUUID(),
    };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (etag !== undefined) headers['if-match'] = etag;
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await fetch(new URL(path, this.origin()), init);
    if (answer.ok) return answer;
    throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  }

  /** With how busy they are, as the process that answers knows it. */
  async nodes() {
    return (await this.api.call('GET /v1/nodes')).items;
  }

  drain(nodeId: string, deadlineS?: number) {
    const body = deadlineS === undefined ? {} : { deadline_s: deadlineS };
    return this.api.call('POST /v1/nodes/{node_id}/drain', { params: { node_id: nodeId }, body });
  }

  undrain(nodeId: string) {
    return this.api.call('DELETE /v1/nodes/{node_id}/drain', { params: { node_id: nodeId } });
  }

  newMeeting(): Promise<CreatedMeeting> {
    return this.api.createMeeting(randomUUID());
  }

  /** Its room is closed at once; an empty one would stay for a while, and be moved by drains. */
  async endMeeting(meetingId: string): Promise<void> {
    const params = { meeting_id: meetingId };
    await this.api.call('POST /v1/meetings/{meeting_id}/end', { params });
  }

  /** The whole log of a meeting, oldest first. */
  async log(meetingId: string): Promise<LoggedEvent[]> {
    const events: LoggedEvent[] = [];
    let after: string | undefined;
    for (;;) {
      const query = { limit: 200, ...(after === undefined ? {} : { after }) };
      const { items } = await this.api.call('GET /v1/meetings/{meeting_id}/events', {
        params: { meeting_id: meetingId },
        query,
      });
      if (items.length === 0) return events;
      events.push(...(items as LoggedEvent[]));
      after = items.at(-1)?.cursor;
    }
  }

  /** Bodies of a meeting's messages, as they are kept, oldest first. */
  async messages(meetingId: string): Promise<string[]> {
    const bodies: string[] = [];
    let cursor: string | undefined;
    do {
      const query = { limit: 200, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.api.call('GET /v1/meetings/{meeting_id}/messages', {
        params: { meeting_id: meetingId },
        query,
      });
      bodies.push(...page.items.map(({ body }) => body));
      cursor = page.next_cursor ?? undefined;
    } while (cursor !== undefined);
    return bodies;
  }
}
