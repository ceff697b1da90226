import { CalendarDateTime } from '@internationalized/date';
import t from 'tap';
import { changed, rebase } from './rebase.js';

const at = (hour: number) => new CalendarDateTime(2026, 1, 1, hour);
const base = {
  title: 'Plans',
  about: '',
  starts: at(9),
  ends: at(10),
  policy: { lobby: 'off', guests: true },
};

t.test('what the person has not touched follows the record', (t) => {
  const draft = {
    ...base,
    title: 'My plans',
    ends: at(11),
    policy: { ...base.policy, guests: false },
  };
  const now = {
    title: 'Their plans',
    about: 'Why',
    starts: at(8),
    ends: at(10),
    policy: { lobby: 'all', guests: true },
  };
  const rebased = rebase(draft, base, now);
  t.match(rebased, { title: 'My plans', about: 'Why', policy: { lobby: 'all', guests: false } });
  t.equal(rebased.starts.hour, 8);
  t.equal(rebased.ends.hour, 11);
  t.end();
});

t.test('times count by what they say', (t) => {
  const now = { ...base, starts: at(8) };
  t.equal(rebase({ ...base, starts: at(9) }, base, now).starts.hour, 8);
  t.end();
});

t.test('only what differs is a change', (t) => {
  t.same(changed({ ...base, about: 'Why', starts: at(9) }, base), { about: 'Why' });
  t.end();
});
