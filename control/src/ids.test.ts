import t from 'tap';
import { systemClock } from './clock.js';
import { dayOf, isId, systemIds } from './ids.js';

t.test('ids are UUIDv7 with a day', async (t) => {
  const ids = systemIds(systemClock);
  const made = Array.from({ length: 1000 }, () => ids.next());
  t.ok(made.every(isId));
  t.strictSame(made.toSorted(), made, 'later ones sort later');
  const last = 'e677d21f-dbff-7000-8000-000000000000';
  t.ok(isId(last));
  t.equal(dayOf(last), '9999-12-31');
  for (const text of [
    '',
    'x',
    '00000000-0000-0000-0000-000000000000',
    'e677d21f-dc00-7000-8000-000000000000',
    'ffffffff-ffff-7fff-bfff-ffffffffffff',
    made[0]?.toUpperCase() ?? '',
    `${made[0]} `,
  ]) {
    t.notOk(isId(text), text);
  }
});
