import t from 'tap';
import {
  bodyParts,
  chatDeleted,
  chatFailed,
  chatOpened,
  chatReceived,
  chatSending,
  chatSent,
  chatWithHistory,
  emptyChat,
} from './chat-log.js';

function message(id: string, from = 'bob') {
  return { message_id: id, from, from_name: from, body: id, sent_at: '2026-11-25T00:00:00.000Z' };
}

t.test('the order is the server’s and a message is shown once', (t) => {
  let log = chatWithHistory(emptyChat, [message('1'), message('2')]);
  log = chatReceived(log, message('3'), 'me');
  log = chatReceived(log, message('3'), 'me');
  log = chatWithHistory(log, [message('2'), message('3'), message('4')]);
  t.same(
    log.messages.map(({ message_id }) => message_id),
    ['1', '2', '3', '4'],
  );
  t.end();
});

t.test('unread counts the others’ messages while the panel is closed', (t) => {
  let log = chatReceived(emptyChat, message('1'), 'me');
  log = chatReceived(log, message('2', 'me'), 'me');
  t.equal(log.unread, 1);
  log = chatOpened(log, true);
  t.equal(log.unread, 0);
  log = chatReceived(log, message('3'), 'me');
  t.equal(log.unread, 0);
  log = chatReceived(chatOpened(log, false), message('4'), 'me');
  t.equal(log.unread, 1);
  t.end();
});

t.test('an unsent message is marked, tried again and gone once the server has it', (t) => {
  let log = chatSending(chatSending(emptyChat, { key: 'a', body: 'one' }), {
    key: 'b',
    body: 'two',
  });
  log = chatFailed(log, 'a');
  t.same(
    log.outgoing.map(({ key, state }) => [key, state]),
    [
      ['a', 'failed'],
      ['b', 'sending'],
    ],
  );
  log = chatSending(log, { key: 'a', body: 'one' });
  t.same(
    log.outgoing.map(({ key, state }) => [key, state]),
    [
      ['b', 'sending'],
      ['a', 'sending'],
    ],
  );
  log = chatSent(chatSent(log, 'a'), 'b');
  t.same(log.outgoing, []);
  t.end();
});

t.test('the log is bounded', (t) => {
  let log = emptyChat;
  for (let id = 0; id < 1_100; id += 1) log = chatReceived(log, message(String(id)), 'me');
  t.equal(log.messages.length, 1_000);
  t.equal(log.messages.at(-1)?.message_id, '1099');
  t.end();
});

t.test('only http links become links; the text stays as it was written', (t) => {
  const cases: [string, ...string[]][] = [
    ['see https://example.org/a?b=1.', 'https://example.org/a?b=1'],
    ['(http://example.org)', 'http://example.org'],
    ['https://a.example https://b.example', 'https://a.example', 'https://b.example'],
    ['javascript:alert(1) data:text/html,x ftp://example.org'],
    ['<a href="https://example.org">', 'https://example.org'],
    ['https://'],
    [''],
  ];
  for (const [body, ...links] of cases) {
    const parts = bodyParts(body);
    const text = parts.map((part) => ('link' in part ? part.link : part.text)).join('');
    t.equal(text, body);
    t.same(
      parts.flatMap((part) => ('link' in part ? [part.link] : [])),
      links,
      body,
    );
  }
  t.end();
});

t.test('what is taken back is gone, one or all', (t) => {
  let log = chatWithHistory(emptyChat, [message('1'), message('2')]);
  log = chatReceived(log, message('3'), 'me');
  t.equal(chatDeleted(log, { message_id: 'unknown' }), log);
  log = chatDeleted(log, { message_id: '2' });
  t.same(
    log.messages.map(({ message_id }) => message_id),
    ['1', '3'],
  );
  log = chatDeleted(log, { all: true });
  t.same(log.messages, []);
  t.equal(log.unread, 0, 'nothing is left to be unread');
  t.end();
});
