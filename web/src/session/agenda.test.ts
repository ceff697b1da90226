import t from 'tap';
import { createApi, type Meeting } from '../../../client/src/index.js';
import { byEnd, byNeed, meetingPages } from './agenda.js';
import { PagedList } from './paged-list.js';

const now = Date.parse('2026-05-01T12:00:00.000Z');

function meeting(title: string, part: Partial<Meeting>): Meeting {
  const times = { starts_at: null, ends_at: null, ended_at: null };
  return {
    title,
    is_live: false,
    created_at: '2026-01-01T00:00:00.000Z',
    ...times,
    ...part,
  } as Meeting;
}

function onDay(title: string, day: string): Meeting {
  const starts_at = `2026-05-${day}T09:00:00.000Z`;
  return meeting(title, { starts_at, ends_at: `2026-05-${day}T10:00:00.000Z` });
}

t.test('now, next, any time, forgotten', (t) => {
  const running = { ...onDay('running', '09'), is_live: true };
  const meetings = [
    onDay('forgotten', '01'),
    meeting('any time', {}),
    onDay('later', '03'),
    onDay('next', '02'),
    running,
  ];
  t.same(
    byNeed(meetings, now).map(({ title }) => title),
    ['running', 'next', 'later', 'any time', 'forgotten'],
  );
  t.end();
});

t.test('the last one that ended comes first', (t) => {
  const ended = (title: string, day: string) =>
    meeting(title, { ended_at: `2026-04-${day}T10:00:00.000Z` });
  const order = byEnd([ended('first', '01'), ended('last', '20'), ended('second', '10')]);
  t.same(
    order.map(({ title }) => title),
    ['last', 'second', 'first'],
  );
  t.end();
});

t.test('what is over comes from the newest on, page by page, when more is asked for', async (t) => {
  const asked: Record<string, string>[] = [];
  const api = createApi(async (path) => {
    const query = Object.fromEntries(new URL(path, 'http://test').searchParams);
    asked.push(query);
    const next_cursor = query.cursor ? null : 'desc.x';
    return Response.json({ items: [{ title: query.cursor ? 'old' : 'new' }], next_cursor });
  });
  const ended = new PagedList(meetingPages(api, 'ended'));
  await ended.refresh();
  t.match(ended.store.get(), { items: [{ title: 'new' }], hasMore: true });
  t.equal(asked.length, 1);
  await ended.more();
  t.match(ended.store.get(), { items: [{ title: 'new' }, { title: 'old' }], hasMore: false });
  const first = { when: 'ended', limit: '50', order: 'desc' };
  t.same(asked, [first, { ...first, cursor: 'desc.x' }]);
  await new PagedList(meetingPages(api, 'open')).refresh();
  t.same(asked[2], { when: 'open', limit: '200', order: 'asc' });
});
