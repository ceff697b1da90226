/** The operations of an engine in each of its states, and what they make of wrong arguments. */
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import { decodeEvents, decodeStats } from '../../lib/engine/contract.gen.js';
import type { Engine, EngineConfig } from '../../lib/engine/engine.js';
import { createNativeEngine } from '../../lib/engine/native-engine.js';
import { realConfig, roomBatch } from './support/running-engine.js';

const virtualConfig: EngineConfig = { ...realConfig, clock: 'virtual', seed: 1 };

/** From out/test/lifetime. */
const addonFile = '../../../build/addon/Release/plenum.node';

const operations: Record<string, (engine: Engine) => void> = {
  submit: (engine) => engine.submit(0, roomBatch(1)),
  onEvents: (engine) => engine.onEvents(() => {}),
  readStats: (engine) => engine.readStats(new Float64Array(10)),
};

for (const config of [realConfig, virtualConfig]) {
  t.test(`${config.clock} clock: open, then closed`, async (t) => {
    const engine = createNativeEngine(config);
    for (const operation of Object.values(operations)) t.doesNotThrow(() => operation(engine));
    t.equal(engine.addresses.length, config.shards);
    t.match(engine.fingerprint, /^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);

    engine.close();
    for (const [name, operation] of Object.entries(operations)) {
      t.throws(() => operation(engine), { code: 'engine_closed' }, name);
    }
    t.doesNotThrow(() => engine.close());
    t.equal(engine.addresses.length, config.shards);
    t.match(engine.fingerprint, /^[0-9A-F:]{95}$/);
  });

  t.test(`${config.clock} clock: wrong arguments are refused and change nothing`, async (t) => {
    const engine = createNativeEngine(config);
    t.teardown(() => engine.close());
    const truncated = roomBatch(1).subarray(0, -1);
    const calls: [string, () => unknown][] = [
      ['shard beyond', () => engine.submit(config.shards, roomBatch(1))],
      ['shard negative', () => engine.submit(-1, roomBatch(1))],
      ['shard fractional', () => engine.submit(0.5, roomBatch(1))],
      ['batch truncated', () => engine.submit(0, truncated)],
      ['batch empty', () => engine.submit(0, new Uint8Array(0))],
      ['batch of doubles', () => engine.submit(0, new Float64Array(2) as unknown as Uint8Array)],
      ['no batch', () => engine.submit(0, undefined as unknown as Uint8Array)],
      ['no listener', () => engine.onEvents(undefined as unknown as () => void)],
      ['stats of bytes', () => engine.readStats(new Uint8Array(8) as unknown as Float64Array)],
    ];
    for (const [name, call] of calls) t.throws(call, { code: 'bad_request' }, name);
    const answered = new Promise<Uint8Array>((resolve) => engine.onEvents(resolve));
    engine.submit(1, roomBatch(7, 1));
    t.strictSame(decodeEvents(await answered), [{ type: 'batchDone', batch: 7, statuses: ['ok'] }]);
  });
}

t.test("the addon's methods refuse other objects", async (t) => {
  const addon = createRequire(import.meta.url)(addonFile);
  const engine: Engine = addon.createEngine(virtualConfig);
  t.throws(() => engine.submit.call({} as Engine, 0, roomBatch(1)), TypeError);
  engine.close();
  t.throws(() => engine.close.call(Object.create(engine)), TypeError);
});

t.test('wrong configurations are refused with the reason', async (t) => {
  const listen = realConfig.listen;
  const wrong: [unknown, RegExp][] = [
    [undefined, /config/],
    [{ ...realConfig, shards: 0 }, /shards/],
    [{ ...realConfig, shards: 33 }, /shards/],
    [{ ...realConfig, shards: 1.5 }, /shards/],
    [{ ...realConfig, clock: 'sun' }, /clock/],
    [{ ...realConfig, seed: -1 }, /seed/],
    [{ ...realConfig, listen: [] }, /listen/],
    [{ ...realConfig, listen: [{ address: 'localhost', port: 0 }] }, /listen/],
    [{ ...realConfig, listen: [{ address: '127.0.0.1', port: 65535 }] }, /listen/],
    [{ ...realConfig, listen: [...listen, null] }, /listen/],
  ];
  for (const [config, message] of wrong) {
    t.throws(() => createNativeEngine(config as EngineConfig), { code: 'bad_request', message });
  }
  // 192.0.2.0/24 is for documentation (RFC 5737): no machine has it.
  const elsewhere = { ...realConfig, listen: [{ address: '192.0.2.1', port: 0 }] };
  t.throws(() => createNativeEngine(elsewhere), { code: 'listen_failed', message: /192\.0\.2\.1/ });
});

t.test('events that come before the listener wait for it', async (t) => {
  const engine = createNativeEngine(virtualConfig);
  t.teardown(() => engine.close());
  engine.submit(0, roomBatch(1));
  engine.submit(1, roomBatch(2, 1));
  const events = decodeEvents(await new Promise((resolve) => engine.onEvents(resolve)));
  t.strictSame(
    events.map((event) => event.type === 'batchDone' && event.batch),
    [1, 2],
  );
});

t.test('nothing is delivered after close', async (t) => {
  const engine = createNativeEngine(realConfig);
  engine.onEvents(() => t.fail('an event after close'));
  engine.submit(0, roomBatch(1));
  engine.close();
  // Another engine's answer takes the same way, so it comes later.
  const other = createNativeEngine(realConfig);
  t.teardown(() => other.close());
  await new Promise((resolve) => {
    other.onEvents(resolve);
    other.submit(0, roomBatch(1));
  });
});

t.test('statistics: the length is told whatever the buffer holds', async (t) => {
  const engine = createNativeEngine(realConfig);
  t.teardown(() => engine.close());
  engine.submit(1, roomBatch(1, 1));
  const read = () => {
    const buffer = new Float64Array(engine.readStats(new Float64Array(0)));
    return engine.readStats(buffer) === buffer.length ? decodeStats(buffer).shards : [];
  };
  let shards = read();
  // A shard whose thread has not answered yet is not among them.
  while (shards.length < 2) shards = read();
  t.strictSame(
    shards.map(({ shard }) => shard),
    [0, 1],
  );
  t.ok((shards[1]?.nowUs ?? 0) > 0);
});

t.test('a buffer that another thread took away holds nothing', async (t) => {
  const engine = createNativeEngine(virtualConfig);
  t.teardown(() => engine.close());
  const batch = roomBatch(1);
  const stats = new Float64Array(100);
  const worker = new Worker('', { eval: true });
  worker.postMessage([batch, stats], [batch.buffer as ArrayBuffer, stats.buffer]);
  t.throws(() => engine.submit(0, batch), { code: 'bad_request' });
  t.ok(engine.readStats(stats) > 100);
  await once(worker, 'exit');
});
