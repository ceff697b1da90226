import t from 'tap';
import { type ChatLog, emptyChat } from './chat-log.js';
import { Conversation, type ConversationEnvironment } from './conversation.js';

t.test('a draft is sent to whom it is for, and the next one is for the same', async (t) => {
  const sent: unknown[] = [];
  let chat = emptyChat;
  const conversation = new Conversation({
    command: async (type: string, payload: unknown) => sent.push([type, payload]),
    change: (change: (log: ChatLog) => ChatLog) => {
      chat = change(chat);
    },
  } as unknown as ConversationEnvironment);
  conversation.draft.patch({ body: '  hello ' });
  await conversation.send();
  conversation.draft.set({ body: 'between us', to: 'cy' });
  const done = conversation.send();
  t.match(chat.outgoing, [{ body: 'between us', to: 'cy', state: 'sending' }]);
  t.same(conversation.draft.get(), { body: '', to: 'cy' });
  await done;
  t.same(sent, [
    ['chat.send', { body: 'hello' }],
    ['chat.send', { body: 'between us', to: 'cy' }],
  ]);
});
