import t from 'tap';
import { readJoinLink, readPastedLink } from './link.js';

t.test('a join link is a code in the path and a secret in the fragment', (t) => {
  t.same(readJoinLink('/m/5w41ngbhprj9', '#k=oEXk-_4'), {
    code: '5w41ngbhprj9',
    secret: 'oEXk-_4',
  });
  t.same(readJoinLink('/m/5w41ngbhprj9/', ''), { code: '5w41ngbhprj9' });
  t.same(readJoinLink('/m/abc', '#k='), { code: 'abc' });
  t.same(readJoinLink('/m/abc', '#x=1&k=s'), { code: 'abc', secret: 's' });
  t.end();
});

t.test('other pages are no meeting', (t) => {
  for (const path of ['/', '/m/', '/m/a/b', '/meet/abc', '/m/a%20b', `/m/${'a'.repeat(65)}`]) {
    t.equal(readJoinLink(path, '#k=s'), undefined, path);
  }
  t.end();
});

t.test('people paste links with spaces and without a scheme', (t) => {
  const base = 'https://meet.example';
  const link = 'https://meet.example/m/abc#k=s';
  t.equal(readPastedLink(`  ${link}\n`, base)?.href, link);
  t.equal(readPastedLink('meet.example/m/abc#k=s', base)?.href, link);
  t.equal(
    readPastedLink('localhost:8080/m/abc#k=s', 'http://x')?.href,
    'http://localhost:8080/m/abc#k=s',
  );
  t.end();
});

t.test('what is no join link is not followed', (t) => {
  for (const text of ['', 'hello', 'https://meet.example/', 'javascript:alert(1)//m/abc']) {
    t.equal(readPastedLink(text, 'https://meet.example'), undefined, text);
  }
  t.end();
});
