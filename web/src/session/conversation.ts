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

export interface ConversationEnvironment {
  command: Command;
  api: MeetingApi;
  change(change: (chat: ChatLog) => ChatLog): void;
  refused(error: unknown): void;
}

export class Conversation {
  constructor(private readonly environment: ConversationEnvironment) {}

  /** `to`: a participant, for a private message. */
  async send(body: string, to?: string): Promise<void> {
    await this.deliver({ key: newId(), body, to });
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
