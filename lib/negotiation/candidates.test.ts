import t from 'tap';
import { candidateAttributes, connectionOf, isCandidate } from './candidates.js';

t.test('host candidates in order of preference', async (t) => {
  const attributes = candidateAttributes([
    { protocol: 'udp', address: '192.0.2.1', port: 40_000 },
    { protocol: 'udp', address: '2001:db8::1', port: 40_000 },
    { protocol: 'tcp', address: '192.0.2.1', port: 40_001 },
  ]);
  t.same(
    attributes.map(({ name, value }) => (value === null ? name : `${name}:${value}`)),
    [
      'candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host',
      'candidate:2 1 udp 2130706175 2001:db8::1 40000 typ host',
      'candidate:3 1 tcp 2124414463 192.0.2.1 40001 typ host tcptype passive',
      'end-of-candidates',
    ],
  );
});

t.test('connection lines of both families', async (t) => {
  t.equal(connectionOf('192.0.2.1'), 'IN IP4 192.0.2.1');
  t.equal(connectionOf('::1'), 'IN IP6 ::1');
});

t.test('candidates of browsers', async (t) => {
  const good = [
    '',
    'candidate:842163049 1 udp 1677729535 203.0.113.9 46154 typ srflx raddr 0.0.0.0 rport 0 generation 0',
    'candidate:1 1 UDP 2122252543 6e0f2a3c-4a9f-4f6a-9b62-4c0e7c5d3a11.local 56143 typ host',
    'candidate:3 1 TCP 2105524479 2001:db8::7 9 typ host tcptype active',
  ];
  for (const candidate of good) t.ok(isCandidate(candidate), candidate);
  const bad = [
    'candidate',
    'candidate:1 1 udp 1 host',
    'candidate:1 1 sctp 1 192.0.2.1 5 typ host',
    'candidate:1 1 udp 1 192.0.2.1 5 typ magic',
    'candidate:1 1 udp 1 192.0.2.1 5 typ host\r\na=mid:0',
    `candidate:1 1 udp 1 192.0.2.1 5 typ host${' x y'.repeat(200)}`,
  ];
  for (const candidate of bad) t.notOk(isCandidate(candidate), candidate);
});
