import t from 'tap';
import { en } from './en.js';
import { errorText, type TextKey, text } from './index.js';

t.test('values are filled in, and a value never becomes a pattern', (t) => {
  t.equal(text('room.you', { name: 'Ada' }), 'Ada (you)');
  t.equal(text('room.you', { name: '{page}' }), '{page} (you)');
  t.equal(text('room.page', { page: 1, pages: 2 }), 'Page 1 of 2');
  t.end();
});

t.test('plurals follow the language', (t) => {
  t.equal(text('announce.joinedMany', { count: 1 }), '1 person joined');
  t.equal(text('announce.joinedMany', { count: 5 }), '5 people joined');
  t.end();
});

t.test('every code has a text, known or not', (t) => {
  t.equal(errorText('blocked'), en['error.blocked']);
  t.equal(errorText('something_new'), en['error.other']);
  t.end();
});

t.test('no entry is empty and every plural has its general form', (t) => {
  for (const key of Object.keys(en) as TextKey[]) {
    const entry: string | { other: string } = en[key];
    t.ok(typeof entry === 'string' ? entry : entry.other, key);
  }
  t.end();
});
