import t from 'tap';
import { runContractSuite } from '../testing/contract-suite.js';
import type { EngineConfig } from './engine.js';
import { createNativeEngine } from './native-engine.js';

const listen = [{ address: '127.0.0.1', port: 0 }];

runContractSuite(t, (shards) => createNativeEngine({ shards, listen, clock: 'real' }));

t.test('an address that cannot be bound', async (t) => {
  const foreign = [{ address: '192.0.2.1', port: 0 }];
  const config: EngineConfig = { shards: 1, listen: foreign, clock: 'real' };
  t.throws(() => createNativeEngine(config), { name: 'PlenumError', code: 'listen_failed' });
});

t.test('several shards have a port each', async (t) => {
  const both = [...listen, { address: '::1', port: 0 }];
  const engine = createNativeEngine({ shards: 2, listen: both, clock: 'real' });
  t.teardown(() => engine.close());
  t.equal(engine.addresses.length, 4);
  t.equal(new Set(engine.addresses.map(({ address, port }) => `${address} ${port}`)).size, 4);
});
