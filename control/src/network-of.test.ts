import t from 'tap';
import { networkOf } from './network-of.js';

t.test('an IPv4 address counts by itself, however it is written', async (t) => {
  for (const written of [
    '192.0.2.7',
    '::ffff:192.0.2.7',
    '::FFFF:C000:207',
    '0:0:0:0:0:ffff:192.0.2.7',
    '64:ff9b::192.0.2.7',
  ]) {
    t.equal(networkOf(written), '192.0.2.7', written);
  }
  t.equal(networkOf('192.0.2.8'), '192.0.2.8');
  t.not(networkOf('::ffff:192.0.2.8'), networkOf('::ffff:192.0.2.7'));
});

t.test('of IPv6 a network of 64 bits counts as one', async (t) => {
  const network = '2001:db8:0:7::/64';
  for (const written of [
    '2001:db8:0:7::1',
    '2001:DB8:0:7:ffff:ffff:ffff:ffff',
    '2001:0db8:0000:0007:0000:0000:0000:0001',
    '2001:db8::7:0:0:0:1',
  ]) {
    t.equal(networkOf(written), network, written);
  }
  t.not(networkOf('2001:db8:0:8::1'), network);
  t.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64', 'with a zone');
  t.equal(networkOf('fe80::2%lo'), networkOf('fe80::1'));
  t.equal(networkOf('::1'), '0:0:0:0::/64');
});

t.test('what is no address counts as it is', async (t) => {
  for (const text of ['', 'unknown', '2001:db8::/64', '_hidden']) t.equal(networkOf(text), text);
});
