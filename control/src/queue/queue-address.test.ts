import t from 'tap';
import { readEventsAddress } from '../clickhouse/clickhouse-address.js';
import { readQueueAddress } from './queue-address.js';

t.test('queue.url is read whole, or refused', async (t) => {
  t.strictSame(readQueueAddress('local:'), { kind: 'local' });
  t.strictSame(readQueueAddress('kafka://a,[::1]:1,b:9093/events'), {
    kind: 'kafka',
    brokers: [
      { host: 'a', port: 9092 },
      { host: '::1', port: 1 },
      { host: 'b', port: 9093 },
    ],
    topic: 'events',
    isEncrypted: false,
    login: null,
  });
  const login = { username: 'me', password: 'p@ss', mechanism: 'scram-sha-512' };
  t.match(readQueueAddress('kafkas://me:p%40ss@a/t'), { isEncrypted: true, login });
  t.match(readQueueAddress('kafkas://me:p%40ss@a/t?sasl=plain'), {
    login: { ...login, mechanism: 'plain' },
  });
  for (const url of [
    'local',
    'kafka:',
    'kafka://a',
    'kafka://a/',
    'kafka://a/b/c',
    'kafka://a:0/t',
    'kafka://a,/t',
    'kafka://me@a/t',
    'kafka://:secret@a/t',
    'kafka://a/t?sasl=plain',
    'kafka://me:x@a/t?sasl=gssapi',
  ]) {
    t.equal(readQueueAddress(url), null, url);
  }
});

t.test('events.url is read whole, or refused', async (t) => {
  t.strictSame(readEventsAddress('local:'), { kind: 'local' });
  t.strictSame(readEventsAddress('clickhouse://h/plenum'), {
    kind: 'clickhouse',
    endpoint: { host: 'h', port: 8123 },
    isEncrypted: false,
    username: 'default',
    password: '',
    database: 'plenum',
    cluster: null,
  });
  t.match(readEventsAddress('clickhouses://me:a%2Fb@[::1]:1/x?cluster=main'), {
    endpoint: { host: '::1', port: 1 },
    isEncrypted: true,
    username: 'me',
    password: 'a/b',
    cluster: 'main',
  });
  t.match(readEventsAddress('clickhouses://h/x'), { endpoint: { port: 8443 } });
  for (const url of [
    'clickhouse:',
    'clickhouse://h',
    'clickhouse://h/',
    'clickhouse://a,b/x',
    "clickhouse://h/x'y",
    "clickhouse://h/x?cluster=a'b",
    'clickhouse://me@h/x',
  ]) {
    t.equal(readEventsAddress(url), null, url);
  }
});
