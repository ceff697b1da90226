import fc from 'fast-check';
import t from 'tap';
import { ControlError } from './control-error.js';
import { Idempotency } from './idempotency.js';
import { KeyRing } from './keys/key-ring.js';
import { forgetServed } from './store/housekeeping.js';
import { seedOf } from './testing/seed.js';
import { TestClock } from './testing/test-clock.js';
import { testDatabase, testServer } from './testing/test-database.js';

/**
 * The slow twin of Idempotency: a map. Whatever is asked, in whichever order, by several at once and
 * over the end of what is kept: the effect happens once per scope and key, and every answer is the
 * first one.
 */

const dayMs = 86_400_000;

interface Ask {
  act: 'ask';
  scope: 'Ada' | 'Grace';
  key: 'one' | 'two' | 'three';
  payload: 'x' | 'y';
  /** Is the effect refused? */
  fails: boolean;
  /** How many send it at once. */
  repeats: number;
}
type Step = Ask | { act: 'wait'; hours: number } | { act: 'forget' };

const ask: fc.Arbitrary<Ask> = fc.record({
  act: fc.constant('ask' as const),
  scope: fc.constantFrom('Ada', 'Grace'),
  key: fc.constantFrom('one', 'two', 'three'),
  payload: fc.constantFrom('x', 'y'),
  fails: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, fc.constant(true)),
  repeats: fc.oneof({ weight: 4, arbitrary: fc.constant(1) }, fc.integer({ min: 2, max: 6 })),
});
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: ask },
  fc.record({ act: fc.constant('wait' as const), hours: fc.integer({ min: 1, max: 24 }) }),
  fc.record({ act: fc.constant('forget' as const) }),
);

interface Stored {
  payload: string;
  answer: string;
  at: number;
}

const server = await testServer(t);
const database = await testDatabase(t, server);
await database.query('create table effects (run integer not null, answer text not null)');
const keys = KeyRing.ephemeral();

class Run {
  private readonly clock = new TestClock();
  /** Two processes on one database. */
  private readonly processes = [
    new Idempotency(database, keys, this.clock),
    new Idempotency(database, keys, this.clock),
  ] as const;
  private readonly stored = new Map<string, Stored>();
  private readonly effects: string[] = [];
  private made = 0;

  constructor(private readonly id: number) {}

  async step(one: Step): Promise<void> {
    if (one.act === 'wait') this.clock.advance(one.hours * 3_600_000);
    else if (one.act === 'forget') await forgetServed(database, this.clock.now());
    else await this.ask(one);
  }

  private async ask(wanted: Ask): Promise<void> {
    const name = `${wanted.scope} ${wanted.key}`;
    const before = this.valid(name);
    const outcomes = await Promise.all(
      Array.from({ length: wanted.repeats }, (_, index) => this.send(wanted, index % 2)),
    );
    const answers = outcomes.filter((outcome) => outcome !== 'conflict');
    if (wanted.repeats === 1 && answers.length === 0) throw new Error('refused without a rival');
    if (before !== undefined) {
      const expected = before.payload === wanted.payload ? before.answer : 'idempotency_mismatch';
      expectAll(answers, expected);
    } else if (wanted.fails) {
      expectAll(answers, 'forbidden');
    } else {
      const [first] = answers;
      if (first === undefined) throw new Error('nobody got through');
      expectAll(answers, first);
      this.effects.push(first);
      this.stored.set(name, { payload: wanted.payload, answer: first, at: this.clock.now() });
    }
  }

  /** The answer, or the code of the refusal. */
  private async send({ scope, key, payload, fails }: Ask, process: number): Promise<string> {
    const request = { scope: `${this.id} ${scope}`, key: `key ${key}`, payload: { payload } };
    try {
      const { status, body } = await (this.processes[process] as Idempotency).run(
        request,
        async (tx) => {
          this.made += 1;
          const answer = `answer ${this.made}`;
          await tx.query('insert into effects values ($1, $2)', [this.id, answer]);
          if (fails) throw new ControlError('forbidden', 'as the test wants it');
          return { status: 201, body: { answer } };
        },
      );
      if (status !== 201) throw new Error(`status ${status}`);
      return body.answer;
    } catch (error) {
      if (error instanceof ControlError) return error.code;
      throw error;
    }
  }

  private valid(name: string): Stored | undefined {
    const found = this.stored.get(name);
    return found !== undefined && found.at > this.clock.now() - dayMs ? found : undefined;
  }

  async compareEffects(): Promise<void> {
    const rows = await database.query<{ answer: string }>(
      'select answer from effects where run = $1',
      [this.id],
    );
    const found = rows.map(({ answer }) => answer).sort();
    if (JSON.stringify(found) !== JSON.stringify([...this.effects].sort())) {
      throw new Error(`effects ${found} instead of ${this.effects}`);
    }
  }
}

function expectAll(outcomes: readonly string[], expected: string): void {
  for (const outcome of outcomes) {
    if (outcome !== expected) throw new Error(`${outcome} instead of ${expected}`);
  }
}

t.test('one effect per key, and its answer for every repeat', async (t) => {
  const seed = seedOf(t);
  let runs = 0;
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 7 }),
    async (steps) => {
      runs += 1;
      const run = new Run(runs);
      for (const one of steps) await run.step(one);
      await run.compareEffects();
    },
  );
  await fc.assert(property, { seed, numRuns: 1000 });
  t.ok(runs >= 1000);
});
