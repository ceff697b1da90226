import t from 'tap';
import { PlenumError } from '../errors.js';
import { sdpFixture, sdpFixtureNames } from '../testing/sdp-fixtures.js';
import { attributeOf, attributesOf, parseSdp, writeSdp } from './sdp.js';

const MINIMAL = 'v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n';

t.test('every captured description is written back as it was', async (t) => {
  for (const name of sdpFixtureNames())
    t.equal(writeSdp(parseSdp(sdpFixture(name))), sdpFixture(name));
});

t.test('sections, attributes and flags', async (t) => {
  const rows = [
    'a=group:BUNDLE 0',
    'm=audio 9 UDP/TLS/RTP/SAVPF 111 0',
    'c=IN IP4 0.0.0.0',
    'a=mid:0',
    'a=rtcp-mux',
    'a=x:1',
    'a=x:2',
  ];
  const session = parseSdp(`${MINIMAL}${rows.join('\r\n')}\r\n`);
  t.equal(attributeOf(session, 'group'), 'BUNDLE 0');
  const [media] = session.media;
  t.match(media, { kind: 'audio', port: 9, protocol: 'UDP/TLS/RTP/SAVPF', formats: ['111', '0'] });
  t.same(media?.lines, [{ type: 'c', value: 'IN IP4 0.0.0.0' }]);
  t.equal(media && attributeOf(media, 'rtcp-mux'), '');
  t.equal(media && attributeOf(media, 'ice-lite'), undefined);
  t.same(media && attributesOf(media, 'x'), ['1', '2']);
});

t.test('lines may end in LF alone', async (t) => {
  t.same(parseSdp(MINIMAL.replaceAll('\r\n', '\n')), parseSdp(MINIMAL));
});

const malformed: Record<string, string> = {
  'nothing at all': '',
  'no end of the last line': MINIMAL.trimEnd(),
  'no version': MINIMAL.slice(5),
  'another version': MINIMAL.replace('v=0', 'v=1'),
  'no origin': MINIMAL.replace(/o=.*\r\n/, ''),
  'a broken origin': MINIMAL.replace('o=- 1 2', 'o=- one 2'),
  'no name': MINIMAL.replace('s=-\r\n', ''),
  'no time': MINIMAL.replace('t=0 0\r\n', ''),
  'an empty line': `${MINIMAL}\r\n`,
  'a line without a type': `${MINIMAL}=x\r\n`,
  'a capital type': `${MINIMAL}A=x\r\n`,
  'an attribute without a name': `${MINIMAL}a=:x\r\n`,
  'a NUL': `${MINIMAL}a=x:\0\r\n`,
  'an m-line without formats': `${MINIMAL}m=audio 9 RTP/AVP\r\n`,
  'an m-line with a large port': `${MINIMAL}m=audio 65536 RTP/AVP 0\r\n`,
  'too many m-lines': MINIMAL + 'm=audio 9 RTP/AVP 0\r\n'.repeat(257),
  'too long a text': MINIMAL + `a=x:${'y'.repeat(1000)}\r\n`.repeat(300),
};

t.test('malformed text is sdp_rejected', async (t) => {
  for (const [what, text] of Object.entries(malformed)) {
    t.throws(() => parseSdp(text), { name: 'PlenumError', code: 'sdp_rejected' }, what);
  }
  t.throws(() => parseSdp(''), PlenumError);
});
