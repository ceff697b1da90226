/**
 * The chat of one person: the server's messages in the server's order, then what is still on its
 * way or failed. Pure; a message is shown once, however often it is received.
 */
import type { ChatMessage, ServerPayloads } from '../../../client/src/index.js';

export interface OutgoingMessage {
  readonly key: string;
  readonly body: string;
  /** Whom it is for; undefined: everybody. */
  readonly to?: string | undefined;
  readonly state: 'sending' | 'failed';
}

export interface ChatLog {
  readonly messages: readonly ChatMessage[];
  readonly outgoing: readonly OutgoingMessage[];
  /** Messages of others since the panel was last open. */
  readonly unread: number;
  readonly open: boolean;
}

export const emptyChat: ChatLog = { messages: [], outgoing: [], unread: 0, open: false };

/** The longest body the server takes, in bytes of UTF-8. */
export const bodyLimitBytes = 4_096;
/** How many messages are kept in the page: more costs memory and rendering time. */
const keptMessages = 1_000;

/** A snapshot brings history again after a seat was taken anew: it is merged by id. */
export function chatWithHistory(log: ChatLog, history: readonly ChatMessage[]): ChatLog {
  const known = new Set(log.messages.map((message) => message.message_id));
  const missing = history.filter((message) => !known.has(message.message_id));
  if (missing.length === 0) return log;
  return { ...log, messages: [...log.messages, ...missing].slice(-keptMessages) };
}

export function chatReceived(log: ChatLog, message: ChatMessage, selfId: string): ChatLog {
  if (log.messages.some((known) => known.message_id === message.message_id)) return log;
  const isUnread = !log.open && message.from !== selfId;
  return {
    ...log,
    messages: [...log.messages, message].slice(-keptMessages),
    unread: log.unread + (isUnread ? 1 : 0),
  };
}

/** Taken back by its author or a host; nothing is left to be unread of a chat that was cleared. */
export function chatDeleted(log: ChatLog, deleted: ServerPayloads['chat.deleted']): ChatLog {
  if ('all' in deleted) return { ...log, messages: [], unread: 0 };
  const messages = log.messages.filter(({ message_id }) => message_id !== deleted.message_id);
  if (messages.length === log.messages.length) return log;
  return { ...log, messages, unread: Math.min(log.unread, messages.length) };
}

export function chatSending(log: ChatLog, message: Omit<OutgoingMessage, 'state'>): ChatLog {
  const others = log.outgoing.filter(({ key }) => key !== message.key);
  return { ...log, outgoing: [...others, { ...message, state: 'sending' }] };
}

/** The server has it: its own event shows it from now on. */
export function chatSent(log: ChatLog, key: string): ChatLog {
  return { ...log, outgoing: log.outgoing.filter((message) => message.key !== key) };
}

export function chatFailed(log: ChatLog, key: string): ChatLog {
  const outgoing = log.outgoing.map((message) =>
    message.key === key ? { ...message, state: 'failed' as const } : message,
  );
  return { ...log, outgoing };
}

export function chatOpened(log: ChatLog, open: boolean): ChatLog {
  return { ...log, open, unread: open ? 0 : log.unread };
}

/** Words and links of a body, for rendering as text and anchors; nothing else is markup. */
export type BodyPart = { text: string } | { link: string };

const linkPattern = /https?:\/\/[^\s<>"']+/g;
const trailing = /[.,;:!?)\]}]+$/;

export function bodyParts(body: string): BodyPart[] {
  const parts: BodyPart[] = [];
  let from = 0;
  for (const match of body.matchAll(linkPattern)) {
    const link = match[0].replace(trailing, '');
    if (!URL.canParse(link)) continue;
    if (match.index > from) parts.push({ text: body.slice(from, match.index) });
    parts.push({ link });
    from = match.index + link.length;
  }
  if (from < body.length) parts.push({ text: body.slice(from) });
  return parts;
}
