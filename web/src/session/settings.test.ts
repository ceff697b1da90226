import t from 'tap';
import { Settings } from './settings.js';

function storage() {
  const entries = new Map<string, string>();
  return {
    getItem: (key: string) => entries.get(key) ?? null,
    setItem: (key: string, value: string) => void entries.set(key, value),
  };
}

t.test('what is kept is there for the next page', (t) => {
  const kept = storage();
  const first = new Settings(kept);
  first.name = 'Ada';
  first.keepHostSecret('abc', 'secret');
  first.keepDevice('audioinput', 'mic-2');
  first.shortcuts = false;
  first.quiet = ['chat', 'hand'];
  first.sharing = 'motion';
  first.dataSaver = true;
  const id = first.browserId(() => 'made once');
  const next = new Settings(kept);
  t.equal(next.name, 'Ada');
  t.equal(next.hostSecret('abc'), 'secret');
  t.equal(next.hostSecret('other'), undefined);
  t.equal(next.device('audioinput'), 'mic-2');
  t.equal(next.shortcuts, false);
  t.same(next.quiet, ['chat', 'hand']);
  t.equal(next.sharing, 'motion');
  t.equal(next.dataSaver, true);
  t.equal(
    next.browserId(() => 'made twice'),
    id,
  );
  t.end();
});

t.test('an unknown codec is no wish', (t) => {
  const kept = storage();
  const settings = new Settings(kept);
  t.equal(settings.videoCodec, undefined);
  kept.setItem('plenum.videoCodec', 'AV1');
  t.equal(settings.videoCodec, 'AV1');
  kept.setItem('plenum.videoCodec', 'H263');
  t.equal(settings.videoCodec, undefined);
  t.end();
});

t.test('a browser that keeps nothing works', (t) => {
  const refuse = () => {
    throw new Error('storage is blocked');
  };
  for (const settings of [
    new Settings(undefined),
    new Settings({ getItem: refuse, setItem: refuse }),
  ]) {
    settings.name = 'Ada';
    t.equal(settings.name, '');
    t.equal(
      settings.browserId(() => 'fresh'),
      'fresh',
    );
    t.equal(settings.shortcuts, true);
    t.same(settings.quiet, []);
    t.equal(settings.sharing, 'text');
    t.equal(settings.dataSaver, false);
  }
  t.end();
});
