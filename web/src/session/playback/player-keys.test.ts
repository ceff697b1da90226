import t from 'tap';
import type { Player } from './player.js';
import { playerAction } from './player-keys.js';

function pressed(code: string, { key = '', shiftKey = false, isRightToLeft = false } = {}) {
  const done: unknown[] = [];
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      done.push([name, ...values]);
  const methods = ['toggle', 'skip', 'seek', 'setVolume', 'toggleMute', 'stepRate'];
  const player = Object.fromEntries(methods.map((name) => [name, note(name)]));
  const store = { get: () => ({ volume: 0.5, durationMs: 60_000 }) };
  playerAction({ code, key, shiftKey }, isRightToLeft)?.({ ...player, store } as unknown as Player);
  return done[0];
}

t.test('each key does what the list says', (t) => {
  t.same(pressed('Space'), ['toggle']);
  t.same(pressed('KeyK'), ['toggle']);
  t.same(pressed('KeyJ'), ['skip', -10_000]);
  t.same(pressed('KeyL'), ['skip', 10_000]);
  t.same(pressed('ArrowRight'), ['skip', 5_000]);
  t.same(pressed('ArrowLeft'), ['skip', -5_000]);
  t.same(pressed('ArrowUp'), ['setVolume', 0.6]);
  t.same(pressed('ArrowDown'), ['setVolume', 0.4]);
  t.same(pressed('Home'), ['seek', 0]);
  t.same(pressed('End'), ['seek', 60_000]);
  t.same(pressed('KeyM'), ['toggleMute']);
  t.same(pressed('Comma', { key: '<', shiftKey: true }), ['stepRate', -1]);
  t.same(pressed('IntlBackslash', { key: '>', shiftKey: true }), ['stepRate', 1], 'German keys');
  t.end();
});

t.test('where one reads from right to left, time runs that way; other keys do nothing', (t) => {
  t.same(pressed('ArrowLeft', { isRightToLeft: true }), ['skip', 5_000]);
  t.same(pressed('ArrowRight', { isRightToLeft: true }), ['skip', -5_000]);
  t.equal(pressed('KeyZ'), undefined);
  t.equal(pressed('KeyJ', { shiftKey: true }), undefined);
  t.equal(pressed('toString'), undefined);
  t.end();
});
