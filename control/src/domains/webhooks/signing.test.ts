import t from 'tap';
import { maxAttempts, retryDelayMs } from './schedule.js';
import { signaturesOf, writeSecret } from './signing.js';

t.test('signatures are those of Standard Webhooks', async (t) => {
  // The example of the specification's reference libraries.
  const message = {
    id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    timestamp: 1614265330,
    body: '{"test": 2432232314}',
  };
  const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
  const expected = 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=';
  t.equal(signaturesOf([secret], message), expected);
  const other = writeSecret(Buffer.alloc(32, 7).toString('base64url'));
  t.equal(other, 'whsec_BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=');
  const both = signaturesOf([other, secret], message).split(' ');
  t.equal(both.length, 2);
  t.equal(both[1], expected);
  t.not(both[0], expected);
});

t.test('tries at 0, 5 s, 30 s, 2 min, 10 min, then hourly to 24 h', async (t) => {
  const triesAt = (chance: number) => {
    const times = [0];
    for (let attempts = 1; attempts < 100; attempts++) {
      const delayMs = retryDelayMs(attempts, chance);
      if (delayMs === null) break;
      times.push((times.at(-1) ?? 0) + delayMs);
    }
    return times;
  };
  const hours = Array.from({ length: 24 }, (_, index) => (index + 1) * 3_600_000);
  t.strictSame(triesAt(0), [0, 5_000, 30_000, 120_000, 600_000, ...hours]);
  t.equal(triesAt(0).length, maxAttempts);
  t.strictSame(
    triesAt(1),
    triesAt(0).map((at) => Math.round(at * 1.1)),
    'jitter is a tenth at most',
  );
});
