import t from 'tap';
import { Settings } from './settings.js';
import { testStorage } from './test-storage.js';

t.test('what is kept is there for the next page', (t) => {
  const kept = testStorage();
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

t.test('hosts are forgotten, nothing else', (t) => {
  const settings = new Settings(testStorage());
  settings.name = 'Ada';
  for (const code of ['abc', 'def', 'ghi']) settings.keepHostSecret(code, 'secret');
  settings.forgetHostSecret('abc');
  t.equal(settings.hostSecret('abc'), undefined);
  t.equal(settings.hostSecret('def'), 'secret');
  settings.forgetHostSecrets();
  t.equal(settings.hostSecret('def'), undefined);
  t.equal(settings.hostSecret('ghi'), undefined);
  t.equal(settings.name, 'Ada');
  t.end();
});

t.test('an unknown codec is no wish', (t) => {
  const kept = testStorage();
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
    new Settings({
      ...{ getItem: refuse, setItem: refuse, removeItem: refuse, key: refuse },
      length: 1,
    }),
  ]) {
    settings.name = 'Ada';
    settings.forgetHostSecrets();
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
