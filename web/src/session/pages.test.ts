import t from 'tap';
import { type Browser, Pages, readPage } from './pages.js';

t.test('every address has its page', (t) => {
  t.same(readPage('/', ''), { name: 'home' });
  t.same(readPage('/login/', ''), { name: 'login', error: '' });
  t.same(readPage('/login', '', '?error=forbidden'), { name: 'login', error: 'forbidden' });
  t.same(readPage('/setup', '#t=abc'), { name: 'setup', token: 'abc' });
  t.same(readPage('/reset', ''), { name: 'reset', token: '' });
  t.same(readPage('/meetings/new', ''), { name: 'newMeeting' });
  t.same(readPage('/meetings/0199-a', ''), { name: 'meeting', meetingId: '0199-a' });
  t.same(readPage('/nodes/', ''), { name: 'nodes' });
  t.same(readPage('/nodes/0199-b', ''), { name: 'node', nodeId: '0199-b' });
  t.same(readPage('/meetings/0199/more', ''), { name: 'nowhere' });
  t.same(readPage('/constructor', ''), { name: 'nowhere' });
  t.end();
});

/** A browser with nothing but a history. */
function fakeBrowser() {
  const entries = ['/'];
  const loaded: string[] = [];
  let back = () => {};
  const at = () => new URL(entries.at(-1) ?? '/', 'https://plenum.test');
  const browser: Browser = {
    location: {
      get pathname() {
        return at().pathname;
      },
      get search() {
        return at().search;
      },
      get hash() {
        return at().hash;
      },
      assign: (path) => loaded.push(String(path)),
    },
    history: {
      pushState: (_state, _title, path) => entries.push(String(path)),
      replaceState: (_state, _title, path) => entries.splice(-1, 1, String(path)),
    },
    addEventListener: (_type, listener) => {
      back = () => {
        entries.pop();
        listener();
      };
    },
    scrollTo: () => {},
  };
  return { browser, entries, loaded, back: () => back() };
}

t.test('goes, replaces and comes back', (t) => {
  const { browser, entries, back } = fakeBrowser();
  const pages = new Pages(browser);
  const seen: string[] = [];
  pages.store.subscribe(() => seen.push(pages.store.get().page.name));
  pages.go('/login');
  pages.replace('/account');
  t.same(entries, ['/', '/account']);
  back();
  t.same(seen, ['login', 'account', 'home']);
  t.equal(pages.store.get().moves, 3);
  t.end();
});

t.test('a meeting is loaded', (t) => {
  const { browser, loaded, entries } = fakeBrowser();
  new Pages(browser).load('/m/abc#k=secret');
  t.same(loaded, ['/m/abc#k=secret']);
  t.same(entries, ['/']);
  t.end();
});

t.test('recordings, and one that somebody gave a link to', (t) => {
  t.same(readPage('/recordings', ''), { name: 'recordings' });
  t.same(readPage('/recordings/ab-1/', ''), { name: 'recording', recordingId: 'ab-1' });
  t.same(readPage('/r/x1', '#k=se-cret'), { name: 'share', shareId: 'x1', secret: 'se-cret' });
  t.same(readPage('/r/x1', ''), { name: 'share', shareId: 'x1', secret: '' });
  t.same(readPage('/r', ''), { name: 'nowhere' });
  t.end();
});
