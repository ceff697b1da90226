import type { NetworkInterfaceInfo } from 'node:os';
import t from 'tap';
import { listenAddresses } from './listen-addresses.js';

const one = (address: string, internal: boolean): NetworkInterfaceInfo => ({
  ...{ address, internal, mac: '', cidr: null },
  ...(address.includes(':')
    ? { family: 'IPv6', netmask: 'ffff::', scopeid: 0 }
    : { family: 'IPv4', netmask: '255.255.255.0' }),
});
const interfaces = {
  lo: [one('127.0.0.1', true), one('::1', true)],
  eth0: [one('192.0.2.2', false), one('fd00::2', false), one('fe80::1', false)],
};

t.same(listenAddresses('127.0.0.1', 40000, interfaces), [
  { address: '127.0.0.1', port: 40000 },
  { address: '192.0.2.2', port: 40000, sameHost: true },
]);
t.same(listenAddresses('localhost', 1, { lo: interfaces.lo }), [{ address: '127.0.0.1', port: 1 }]);
t.same(listenAddresses('::1', 40000, interfaces), [
  { address: '::1', port: 40000 },
  { address: 'fd00::2', port: 40000, sameHost: true },
]);
t.same(listenAddresses('192.0.2.2', 40000, interfaces), [{ address: '192.0.2.2', port: 40000 }]);
t.same(
  listenAddresses('0.0.0.0', 40000, interfaces).map(({ address }) => address),
  ['127.0.0.1', '192.0.2.2'],
);
t.same(
  listenAddresses('::', 40000, interfaces).map(({ address }) => address),
  ['127.0.0.1', '::1', '192.0.2.2', 'fd00::2'],
);
