import t from 'tap';
import { isPublicAddress } from './addresses.js';

/** One address at least of each range that IANA gave a special purpose, and the edges. */
const special4 = {
  'this network': ['0.0.0.0', '0.1.2.3', '0.255.255.255'],
  private: ['10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.1'],
  'carrier-grade NAT': ['100.64.0.0', '100.127.255.255'],
  loopback: ['127.0.0.1', '127.0.0.53', '127.255.255.255'],
  'link-local and cloud metadata': ['169.254.0.1', '169.254.169.254'],
  'protocol assignments': ['192.0.0.1', '192.0.0.170'],
  documentation: ['192.0.2.1', '198.51.100.1', '203.0.113.255'],
  '6to4 relay, AS112, AMT': ['192.88.99.1', '192.31.196.1', '192.175.48.1', '192.52.193.1'],
  benchmarking: ['198.18.0.1', '198.19.255.255'],
  multicast: ['224.0.0.1', '239.255.255.255'],
  'reserved and broadcast': ['240.0.0.1', '255.255.255.254', '255.255.255.255'],
};
const special6 = {
  'unspecified and loopback': ['::', '::1', '0:0:0:0:0:0:0:1'],
  'local NAT64': ['64:ff9b:1::1', '64:ff9b:1::808:808'],
  'IPv4-translated': ['::ffff:0:8.8.8.8'],
  'discard-only': ['100::1'],
  'protocol assignments': ['2001::1', '2001:2::1', '2001:10::1', '2001:20::1', '2001:db8::1'],
  '6to4': ['2002::1', '2002:7f00:1::', '2002:808:808::1'],
  documentation: ['3fff::1'],
  'segment routing': ['5f00::1'],
  'unique local': ['fc00::1', 'fd12:3456::1'],
  'link-local': ['fe80::1', 'febf::1', 'fe80::1%eth0', 'fe80::1%25eth0'],
  'site-local': ['fec0::1'],
  multicast: ['ff02::1', 'ff0e::1'],
  'given to nobody': ['4000::1', '8000::1', '1::1', '::808:808', '::8.8.8.8'],
};
const public4 = [
  '1.1.1.1',
  '8.8.8.8',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
];
const public6 = ['2606:4700::1111', '2001:4860:4860::8888', '2a00:1450::1'];

/** The same address in other words, as resolvers, parsers and sockets read it. */
function writings4(address: string): string[] {
  const [a = 0, b = 0, c = 0, d = 0] = address.split('.').map(Number);
  const number = ((a * 256 + b) * 256 + c) * 256 + d;
  const low = (c * 256 + d).toString(16);
  const high = (a * 256 + b).toString(16);
  return [
    address,
    String(number),
    `0x${number.toString(16)}`,
    `0${number.toString(8)}`,
    `0x${a.toString(16)}.0x${b.toString(16)}.0x${c.toString(16)}.0x${d.toString(16)}`,
    `0${a.toString(8)}.0${b.toString(8)}.0${c.toString(8)}.0${d.toString(8)}`,
    `${a}.${(b * 256 + c) * 256 + d}`,
    `${a}.${b}.${c * 256 + d}`,
    `::ffff:${address}`,
    `::ffff:${high}:${low}`,
    `0:0:0:0:0:FFFF:${high}:${low}`,
    `64:ff9b::${high}:${low}`,
    `0064:FF9B:0:0:0:0:${high}:${low}`,
  ];
}

t.test('no address of a special purpose is public, however it is written', async (t) => {
  for (const [what, addresses] of Object.entries(special4)) {
    for (const address of addresses.flatMap(writings4)) {
      t.notOk(isPublicAddress(address), `${what}: ${address}`);
    }
  }
  for (const [what, addresses] of Object.entries(special6)) {
    for (const address of addresses) t.notOk(isPublicAddress(address), `${what}: ${address}`);
  }
});

t.test('addresses of the internet are, also as IPv4 in IPv6', async (t) => {
  for (const address of public4.flatMap(writings4)) t.ok(isPublicAddress(address), address);
  for (const address of public6) t.ok(isPublicAddress(address), address);
});

t.test('what is no address is not public', async (t) => {
  for (const text of ['', 'localhost', 'example.org', '1.2.3.4.5', '256.1.1.1', '1.2.3.4/8', ':::'])
    t.notOk(isPublicAddress(text), text);
});
