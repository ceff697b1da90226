/** When a node asks for its next certificate; certificates are real ones, time is the test's. */
import t, { type Test } from 'tap';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { TestClock } from '../testing/test-clock.js';
import { Authority } from './authority.js';
import { CertificateRenewal } from './certificate-renewal.js';
import { makeKeyPair } from './identity.js';

const hourMs = 3600 * 1000;
const dayMs = 24 * hourMs;

async function world(t: Test, random = 0.5) {
  const clock = new TestClock();
  const authority = await Authority.open(KeyRing.ephemeral(), clock);
  const identity = { role: 'node', id: systemIds(clock).next() } as const;
  const { publicKey } = makeKeyPair();
  const issue = () => authority.issue(identity, publicKey);
  const seen = { certificate: await issue(), asked: 0, warned: [] as number[] };
  const renewal = new CertificateRenewal({
    clock,
    log: { warn: ({ daysLeft }: { daysLeft: number }) => seen.warned.push(daysLeft) },
    random: () => random,
    certificate: () => seen.certificate,
    ask: () => {
      seen.asked += 1;
    },
  });
  t.teardown(() => renewal.stop());
  return { clock, issue, seen, renewal };
}

t.test('asks at two thirds of the life, each hour, and no more once it has another', async (t) => {
  const { clock, issue, seen, renewal } = await world(t);
  t.ok(Math.abs(renewal.daysLeft - 90) < 0.01);
  clock.advance(60 * dayMs - 2 * hourMs);
  t.equal(seen.asked, 0);
  clock.advance(3 * hourMs);
  const first = seen.asked;
  t.ok(first >= 1, 'asked');
  clock.advance(5 * hourMs);
  t.equal(seen.asked, first + 5, 'each hour');
  seen.certificate = await issue();
  t.ok(Math.abs(renewal.daysLeft - 90) < 0.01, 'days left are those of the next one');
  clock.advance(50 * dayMs);
  t.equal(seen.asked, first + 5);
  t.strictSame(seen.warned, []);
});

t.test('nodes that were enrolled together ask one by one', async (t) => {
  const early = await world(t, 0);
  const late = await world(t, 0.999);
  for (const { clock } of [early, late]) clock.advance(59 * dayMs);
  t.ok(early.seen.asked > 0);
  t.equal(late.seen.asked, 0);
  late.clock.advance(3 * dayMs);
  t.ok(late.seen.asked > 0);
});

t.test('says in the log that it has not worked, from 14 days before the end', async (t) => {
  const { clock, seen, renewal } = await world(t);
  clock.advance(76 * dayMs - hourMs);
  t.strictSame(seen.warned, []);
  clock.advance(2 * hourMs);
  t.ok(seen.warned.length > 0);
  t.equal(seen.warned[0], 13);
  renewal.stop();
  const { asked } = seen;
  clock.advance(dayMs);
  t.equal(seen.asked, asked, 'not after it was stopped');
});
