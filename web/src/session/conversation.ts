/** Writes, marks what failed, takes back: the chat of one stay in a room. */

import type { ServerMessage, ServerPayloads } from '../../../client/src/index.js';
import {
  type ChatLog,
  chatDeleted,
  chatFailed,
  chatOpened,
  chatReceived,
  chatSending,
  chatSent,
  chatWithHistory,
  type OutgoingMessage,
} from './chat-log.js';
import type { MeetingApi } from './meeting-api.js';
import type { Command } from './moderation.js';
import { newId } from './new-id.js';
import { Store } from './store.js';

export interface ConversationEnvironment {
  command: Command;
  api: MeetingApi;
  change(change: (chat: ChatLog) => ChatLog): void;
  refused(error: unknown): void;
}

/** What is written and not sent yet. */
export interface Draft {
  readonly body: string;
  /** Whom it is for; undefined: everybody. */
  readonly to?: string | undefined;
}

export class Conversation {
  /** Outlives the panel: a text for one person is never left to go to all. */
  readonly draft = new Store<Draft>({ body: '' });

  constructor(private readonly environment: ConversationEnvironment) {}

  /** The draft, to whom it is for; the next one is for the same. */
  async send(): Promise<void> {
    const { body, to } = this.draft.get();
    this.draft.patch({ body: '' });
    await this.deliver({ key: newId(), body: body.trim(), to });
  }

  /** One that failed was never written: sent again it is there once. */
  async resend(message: OutgoingMessage): Promise<void> {
    await this.deliver(message);
  }

  /** Own ones; hosts also what others wrote. */
  async remove(messageId: string): Promise<void> {
    await this.environment.api.deleteMessage(messageId).catch(this.environment.refused);
  }

  /** All of them; hosts. */
  async clear(): Promise<void> {
    await this.environment.api.clearMessages().catch(this.environment.refused);
  }

  setOpen(open: boolean): void {
    this.environment.change((chat) => chatOpened(chat, open));
  }

  joined({ snapshot }: ServerPayloads['joined']): void {
    this.environment.change((chat) => chatWithHistory(chat, snapshot?.last_messages ?? []));
  }

  received(message: ServerMessage, selfId: string): void {
    const { change } = this.environment;
    if (message.t === 'chat.message') change((chat) => chatReceived(chat, message.d, selfId));
    else if (message.t === 'chat.deleted') change((chat) => chatDeleted(chat, message.d));
  }

  private async deliver({ key, body, to }: Omit<OutgoingMessage, 'state'>): Promise<void> {
    const { command, change } = this.environment;
    change((chat) => chatSending(chat, { key, body, to }));
    try {
      await command('chat.send', to === undefined ? { body } : { body, to });
      change((chat) => chatSent(chat, key));
    } catch {
      change((chat) => chatFailed(chat, key));
    }
  }
}
