import t from 'tap';
import {
  actionOf,
  changedKeys,
  defaultKeys,
  keysFrom,
  mayBeChosen,
  ownerOf,
  pinNumberOf,
  shortcutActions,
  shownKey,
} from './key-map.js';

const press = (code: string, shiftKey = false) => ({ code, shiftKey });

t.test('no two actions share a key', (t) => {
  t.equal(new Set(Object.values(defaultKeys)).size, shortcutActions.length);
  t.end();
});

t.test('a key is told from the same with Shift', (t) => {
  t.equal(actionOf(defaultKeys, press('KeyM')), 'microphone');
  t.equal(actionOf(defaultKeys, press('KeyM', true)), 'muteAll');
  t.equal(actionOf(defaultKeys, press('KeyZ')), undefined);
  t.equal(actionOf(defaultKeys, { ...press('Minus', true), key: '?' }), 'list', 'German keys');
  t.equal(actionOf(defaultKeys, press('Digit3')), 'pin3');
  t.equal(pinNumberOf('pin3'), 3);
  t.equal(pinNumberOf('unpin'), undefined);
  t.equal(actionOf(defaultKeys, press('Digit3', true)), undefined);
  t.end();
});

t.test('keys that pin are changed like all others', (t) => {
  const keys = { ...defaultKeys, pin2: 'KeyX' } as const;
  t.equal(actionOf(keys, press('KeyX')), 'pin2');
  t.equal(actionOf(keys, press('Digit2')), undefined);
  t.ok(mayBeChosen(press('Digit2')), 'free for another');
  t.same(keysFrom(changedKeys(keys)), keys);
  t.equal(ownerOf(keys, 'Digit9', 'hand'), 'pin9');
  t.end();
});

t.test('only what was changed is kept, and nothing broken is taken', (t) => {
  const keys = { ...defaultKeys, hand: 'KeyY' };
  t.equal(changedKeys(keys), '{"hand":"KeyY"}');
  t.same(keysFrom(changedKeys(keys)), keys);
  for (const text of ['', 'null', '[]', '{"hand":7,"ghost":"KeyY"}', '{']) {
    t.same(keysFrom(text), defaultKeys, text);
  }
  t.end();
});

t.test('a key that is in use has an owner; fixed keys are not for choosing', (t) => {
  t.equal(ownerOf(defaultKeys, 'KeyM', 'hand'), 'microphone');
  t.equal(ownerOf(defaultKeys, 'KeyM', 'microphone'), undefined);
  for (const code of ['Tab', 'Escape', 'F6', 'ShiftLeft', 'ArrowUp', '']) {
    t.notOk(mayBeChosen(press(code)), code);
  }
  t.ok(mayBeChosen(press('KeyY')));
  t.end();
});

t.test('keys are shown as the keyboard has them', (t) => {
  const plain = (key: string) => ({ isShifted: false, key });
  t.same(shownKey('KeyM'), plain('M'));
  t.same(shownKey('Shift+KeyQ'), { isShifted: true, key: 'Q' });
  t.same(shownKey('Shift+Slash'), plain('?'));
  t.same(shownKey('BracketLeft'), plain('['));
  t.same(shownKey('Digit0'), plain('0'));
  t.same(shownKey('Space'), plain('Space'));
  t.same(shownKey('KeyQ', new Map([['KeyQ', 'a']])), plain('A'));
  t.end();
});
