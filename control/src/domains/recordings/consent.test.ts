/** What follows from who was asked and what they said (product.md row 18); pure. */
import t from 'tap';
import { Consents } from './consent.js';

t.test('informed: nobody is asked, everybody is written', async (t) => {
  const consents = new Consents('inform');
  consents.note('ada', null);
  t.equal(consents.allowed, null);
  t.notOk(consents.awaits('ada'));
  t.same(consents.missing(['ada']), []);
  t.notOk(consents.holds(['ada']));
});

t.test('each is asked: nobody is written before their own yes, nor behind a no', async (t) => {
  const consents = new Consents('ask_each');
  t.ok(consents.awaits('ada'), 'also before it is known that they are there');
  t.same(consents.allowed, []);
  consents.note('ada', null);
  consents.note('bob', true);
  consents.note('eve', false);
  t.same(consents.allowed, ['bob']);
  t.notOk(consents.awaits('eve'));
  t.same(consents.missing(['ada', 'bob', 'eve', 'new']), ['ada', 'eve', 'new']);
  t.notOk(consents.holds(['ada', 'eve']), 'it goes on without them');
  consents.note('bob', false);
  t.same(consents.allowed, []);
});

t.test(
  'all must accept: one who has not holds it for all, as long as they are there',
  async (t) => {
    const consents = new Consents('all_must_accept', [['ada', true]]);
    t.notOk(consents.holds(['ada']));
    t.ok(consents.holds(['ada', 'bob']));
    consents.note('bob', false);
    t.ok(consents.holds(['ada', 'bob']));
    t.notOk(consents.holds(['ada']), 'they have left');
    t.same(consents.allowed, ['ada']);
    consents.note('bob', true);
    t.notOk(consents.holds(['ada', 'bob']));
  },
);
