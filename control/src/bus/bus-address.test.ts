import t from 'tap';
import { readBusAddress } from './bus-address.js';

const plain = { isEncrypted: false, database: 0, masterName: '' };

t.test('the ways in which Redis is run', async (t) => {
  t.strictSame(readBusAddress('memory:'), { kind: 'memory' });
  t.strictSame(readBusAddress('redis://localhost'), {
    ...plain,
    kind: 'single',
    endpoints: [{ host: 'localhost', port: 6379 }],
  });
  t.strictSame(readBusAddress('rediss://plenum:p%40ss:word@[::1]:7000/3'), {
    ...plain,
    kind: 'single',
    endpoints: [{ host: '::1', port: 7000 }],
    isEncrypted: true,
    username: 'plenum',
    password: 'p@ss:word',
    database: 3,
  });
  t.strictSame(readBusAddress('redis+sentinel://:secret@10.0.0.1:5000,10.0.0.2/main'), {
    ...plain,
    kind: 'sentinel',
    endpoints: [
      { host: '10.0.0.1', port: 5000 },
      { host: '10.0.0.2', port: 26_379 },
    ],
    password: 'secret',
    masterName: 'main',
  });
  t.strictSame(readBusAddress('redis+cluster://a:1,b'), {
    ...plain,
    kind: 'cluster',
    endpoints: [
      { host: 'a', port: 1 },
      { host: 'b', port: 6379 },
    ],
  });
});

t.test('what is none of them', async (t) => {
  for (const url of [
    ...['', 'memory', 'redis', 'redis:', 'redis://', 'http://localhost', 'redis+other://a'],
    ...['redis://a,b', 'redis://a:0', 'redis://a:65536', 'redis://a:b', 'redis://a/words'],
    ...['redis://word@a', 'redis://user:%zz@a', 'redis+sentinel://a', 'redis+sentinel://a/'],
    ...['redis+cluster://a/0', 'redis+cluster://a,', 'redis://a?family=6'],
  ]) {
    t.equal(readBusAddress(url), null, url);
  }
});
