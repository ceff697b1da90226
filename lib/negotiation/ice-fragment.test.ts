import t from 'tap';
import { FIXTURE_FRAGMENT, FIXTURE_LOCAL } from '../testing/sdp-fixtures.js';
import { readIceFragment, writeIceFragment } from './ice-fragment.js';
import { attributesOf, parseFragment } from './sdp.js';

t.test('candidates below the m-line that speaks for the group', async (t) => {
  const fragment = readIceFragment(FIXTURE_FRAGMENT);
  t.same(fragment.credentials, { ufrag: 'EsAw', pwd: 'P2uYro0UCOQ4zxjKXaWCBui1' });
  t.equal(fragment.candidates.length, 2);
  t.match(fragment.candidates[0], /^candidate:1387637174 1 udp/);
  t.equal(fragment.group, 'BUNDLE 0 1');
  t.match(fragment.tagged, { kind: 'audio', port: 9 });
});

t.test('what may be missing', async (t) => {
  const short = 'a=ice-ufrag:EsAw\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\na=candidate:x';
  t.match(readIceFragment(short), { group: null, tagged: null, candidates: ['candidate:x'] });
  t.equal(readIceFragment('a=end-of-candidates\r\n').credentials, null);
  t.same(readIceFragment('m=audio 9 RTP/AVP 0\r\na=mid:0\r\n').candidates, []);
});

const refused: Record<string, string> = {
  nothing: '',
  'a whole description': `v=0\r\n${FIXTURE_FRAGMENT}`,
  JSON: '{"candidate":"candidate:1"}',
  'a connection line': `c=IN IP4 0.0.0.0\r\n${FIXTURE_FRAGMENT}`,
  'a ufrag without a password': FIXTURE_FRAGMENT.replace(/a=ice-pwd.*\r\n/, ''),
  'a password without a ufrag': FIXTURE_FRAGMENT.replace(/a=ice-ufrag.*\r\n/, ''),
  'a short password': FIXTURE_FRAGMENT.replace(/a=ice-pwd.*/, 'a=ice-pwd:short'),
  'an m-line alone': 'm=audio 9 RTP/AVP 0\r\n',
  'a broken m-line': FIXTURE_FRAGMENT.replace('m=audio 9', 'm=audio nine'),
  'too many candidates': FIXTURE_FRAGMENT + 'a=candidate:1\r\n'.repeat(64),
};

t.test('malformed fragments are sdp_rejected', async (t) => {
  for (const [what, text] of Object.entries(refused)) {
    t.throws(() => readIceFragment(text), { code: 'sdp_rejected' }, what);
  }
});

t.test('the answer: our credentials and candidates where the client asked', async (t) => {
  const text = writeIceFragment(readIceFragment(FIXTURE_FRAGMENT), FIXTURE_LOCAL);
  t.match(text, /^a=ice-lite\r\na=group:BUNDLE 0 1\r\nm=audio 9 UDP\/TLS\/RTP\/SAVPF 111\r\n/);
  const [media] = parseFragment(text).media;
  t.same(media && attributesOf(media, 'mid'), ['0']);
  t.same(media && attributesOf(media, 'ice-ufrag'), [FIXTURE_LOCAL.ufrag]);
  t.equal(media && attributesOf(media, 'candidate').length, 2);
  t.notMatch(text, 'EsAw');
  const session = writeIceFragment(readIceFragment('a=end-of-candidates'), FIXTURE_LOCAL);
  t.match(session, /^a=ice-lite\r\na=ice-ufrag:plenum00\r\n/);
});
