import t from 'tap';
import { announce, noAnnouncements, takeAnnouncement } from './announcements.js';

t.test('the first is said at once, the rest after 3 s and summed up', (t) => {
  let queue = announce(noAnnouncements, { kind: 'joined', name: 'Ada' });
  const first = takeAnnouncement(queue, 0);
  t.same(first.say, { kind: 'joined', name: 'Ada' });
  queue = first.queue;
  for (const name of ['Bob', 'Eve', 'Kim']) queue = announce(queue, { kind: 'joined', name });
  queue = announce(queue, { kind: 'chat', name: 'Bob' });
  const early = takeAnnouncement(queue, 2_999);
  t.equal(early.say, undefined);
  const second = takeAnnouncement(early.queue, 3_000);
  t.same(second.say, { kind: 'joined', count: 3 });
  const third = takeAnnouncement(second.queue, 6_000);
  t.same(third.say, { kind: 'chat', name: 'Bob' });
  t.equal(takeAnnouncement(third.queue, 60_000).say, undefined);
  t.end();
});
