/** What a participant asks over HTTP, by the token that the socket renews (api §2). */
import type { Block, Listed } from '../../../client/src/index.js';
import { type Api, createApi, type Fetch } from '../../../client/src/index.js';

export class MeetingApi {
  private readonly api: Api;
  private token = '';
  private meetingId = '';
  private firstTokenCame = () => {};
  /** It is the message after `joined`; whoever acts in between waits for it. */
  private readonly firstToken = new Promise<void>((resolve) => {
    this.firstTokenCame = resolve;
  });

  constructor(fetch: Fetch) {
    this.api = createApi(async (path, init) => {
      await this.firstToken;
      const headers = { ...init.headers, authorization: `Bearer ${this.token}` };
      return fetch(path, { ...init, headers });
    });
  }

  /** Of the seat; the token is renewed at half its life. */
  authorize(change: { token?: string; meetingId?: string }): void {
    this.token = change.token ?? this.token;
    this.meetingId = change.meetingId ?? this.meetingId;
    if (change.token !== undefined) this.firstTokenCame();
  }

  /** Who may not return; hosts. All calls reject with ProtocolError. */
  blocks(cursor?: string): Promise<Listed<Block>> {
    const query = cursor === undefined ? {} : { cursor };
    const { params } = this;
    return this.api.call('GET /v1/meetings/{meeting_id}/blocks', { params, query });
  }

  /** They may come again; hosts. */
  async lift(block_id: string): Promise<void> {
    const params = { ...this.params, block_id };
    await this.api.call('DELETE /v1/meetings/{meeting_id}/blocks/{block_id}', { params });
  }

  async deleteMessage(message_id: string): Promise<void> {
    const params = { ...this.params, message_id };
    await this.api.call('DELETE /v1/meetings/{meeting_id}/messages/{message_id}', { params });
  }

  /** All of them; hosts. */
  async clearMessages(): Promise<void> {
    await this.api.call('DELETE /v1/meetings/{meeting_id}/messages', { params: this.params });
  }

  /** The meeting's own link; hosts. */
  async invite(): Promise<string> {
    const { params } = this;
    return (await this.api.call('GET /v1/meetings/{meeting_id}/invites/default', { params })).url;
  }

  private get params(): { meeting_id: string } {
    return { meeting_id: this.meetingId };
  }
}
