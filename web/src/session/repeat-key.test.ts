import t from 'tap';
import { RepeatKey } from './repeat-key.js';

t.test('one key for one payload until it worked', (t) => {
  let made = 0;
  const key = new RepeatKey(() => `key-${++made}`);
  t.equal(key.of({ title: 'a' }), 'key-1');
  t.equal(key.of({ title: 'a' }), 'key-1', 'the same again');
  t.equal(key.of({ title: 'b' }), 'key-2', 'another payload');
  key.done();
  t.equal(key.of({ title: 'b' }), 'key-3', 'the same, meant anew');
  t.end();
});
