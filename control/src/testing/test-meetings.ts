import fc from 'fast-check';
import type { Test } from 'tap';
import { createMeeting } from './test-client.js';
import { testControl } from './test-control.js';
import { testDatabase, testServer } from './test-database.js';
import { Gathering } from './test-gathering.js';

const seed = Number(process.env.PLENUM_TEST_SEED ?? Date.now() % 2 ** 31);
const who = fc.nat({ max: 5 });
const role = fc.constantFrom('host', 'co_host', 'participant', 'viewer');

const acts = {
  say: fc.record({ act: fc.constant('say'), by: who, to: fc.option(who), again: fc.boolean() }),
  hand: fc.record({ act: fc.constant('hand'), by: who, raised: fc.boolean() }),
  lower: fc.record({ act: fc.constant('lower'), by: who, of: fc.option(who) }),
  role: fc.record({ act: fc.constant('role'), by: who, of: who, role }),
  lock: fc.record({ act: fc.constant('lock'), by: who, locked: fc.boolean() }),
  chat: fc.record({
    act: fc.constant('chat'),
    by: who,
    chat: fc.constantFrom('all', 'hosts', 'off'),
  }),
  join: fc.record({ act: fc.constant('join') }),
  leave: fc.record({ act: fc.constant('leave'), by: who }),
  remove: fc.record({ act: fc.constant('remove'), by: who, of: who }),
  cut: fc.record({ act: fc.constant('cut'), by: who }),
  resume: fc.record({ act: fc.constant('resume'), by: who }),
} as const;

type Act = ReturnType<(typeof acts)[keyof typeof acts]['generate']>['value'];

/** How many meetings: each costs 80 ms of processor time. `./run test random-meetings` plays 1000. */
export const runs = Number(process.env.PLENUM_TEST_MEETINGS ?? 200);

/** Random meetings of these acts; see test-gathering.ts for what has to hold. */
export async function randomMeetings(t: Test, kinds: (keyof typeof acts)[]): Promise<void> {
  const server = await testServer(t);
  const { origin } = await testControl(t, await testDatabase(t, server), {
    config: {
      limits: { messagesPerSecond: 1e6, messagesBurst: 1e6, chatPerSecond: 1e6, chatBurst: 1e6 },
    },
  });
  t.comment(`seed ${seed}`);
  const one = fc.oneof(...(kinds.map((kind) => acts[kind]) as fc.Arbitrary<Act>[]));
  const meeting = fc.asyncProperty(
    fc.array(one, { minLength: 3, maxLength: 7 }),
    async (script) => {
      const gathering = await Gathering.of(origin, await createMeeting(origin));
      for (const act of script) await gathering.play(act);
      await gathering.compare();
    },
  );
  await fc.assert(meeting, { numRuns: runs, seed, endOnFailure: false });
  t.pass(`${runs} meetings`);
}
