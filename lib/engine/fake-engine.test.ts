import t from 'tap';
import { handle, roomCreate } from '../testing/commands.js';
import { runContractSuite } from '../testing/contract-suite.js';
import { EngineSession } from '../testing/engine-session.js';
import { FakeEngine } from './fake-engine.js';

runContractSuite(t, (shards) => new FakeEngine({ shards }));

t.test('commands are kept, refusals can be ordered', async (t) => {
  const engine = new FakeEngine({ shards: 2 });
  const session = new EngineSession(engine);
  engine.refuse('roomCreate', 'limit_reached');
  t.equal(await session.status(roomCreate(handle(0))), 'limit_reached');
  engine.refuse('roomCreate', 'ok');
  t.equal(await session.status(roomCreate(handle(0))), 'ok');
  t.same(engine.commands, [roomCreate(handle(0))]);
  t.same(
    engine.addresses.map(({ shard, port }) => [shard, port]),
    [
      [0, 40_000],
      [1, 40_001],
    ],
  );
});
