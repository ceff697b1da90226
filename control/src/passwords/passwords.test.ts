import { hash } from '@node-rs/argon2';
import t from 'tap';
import { systemClock } from '../clock.js';
import { TestClock } from '../testing/test-clock.js';
import { HashPool } from './hash-pool.js';
import { isKnown } from './known-passwords.js';
import { Passwords } from './passwords.js';

/** Nobody is refused for waiting: other tests run beside this one. */
const passwords = new Passwords(systemClock, { atOnce: 2, maxWaiting: 9, maxWaitMs: 60_000 });
/** Everything that could run by now has. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const mine = 'correct horse battery staple';

t.test('argon2id with 19 MiB, two passes, one lane, a salt of its own', async (t) => {
  const [first, second] = await Promise.all([passwords.hash(mine), passwords.hash(mine)]);
  t.match(first, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  t.not(first, second);
  t.equal(await passwords.isRight(first, mine), true);
  t.equal(await passwords.isRight(first, `${mine} `), false);
  t.equal(await passwords.isRight(null, mine), false);
  t.equal(await passwords.isRight(null, 'the password of nobody'), false, 'not even the dummy’s');
});

t.test('the same letters in another form are the same password', async (t) => {
  const stored = await passwords.hash('caf\u00e9 caf\u00e9 caf\u00e9');
  t.equal(await passwords.isRight(stored, 'cafe\u0301 cafe\u0301 cafe\u0301'), true);
});

t.test('hashes of other parameters are told', async (t) => {
  const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
  t.equal(passwords.isStale(await hash(mine, options)), false);
  t.equal(passwords.isStale(await hash(mine, { ...options, timeCost: 3 })), true);
  t.equal(passwords.isStale(await hash(mine, { ...options, memoryCost: 8192 })), true);
  t.equal(passwords.isStale(await hash(mine, { ...options, algorithm: 0 })), true);
});

t.test('12 to 256 characters of any kind', async (t) => {
  const check = (password: string) => passwords.checkNew(password, [], '/password');
  const refused = (code: string) => ({
    code: 'bad_request',
    extras: { errors: [{ pointer: '/password', code }] },
  });
  t.throws(() => check('zorvexplomn'), refused('minLength'));
  t.doesNotThrow(() => check('zorvexplomnq'));
  t.doesNotThrow(() => check('🦑🐙🦀🦞🦐🐚🐌🦋🐛🐜🐝🐞'));
  t.throws(() => check('🦑🐙🦀🦞🦐🐚'), refused('minLength'), 'six, though twelve UTF-16 units');
  const long = Array.from({ length: 64 }, (_, at) => `word${at}`).join('');
  t.doesNotThrow(() => check(long.slice(0, 256)));
  t.throws(() => check(`${long}${long}`.slice(0, 257)), refused('maxLength'));
  t.throws(() => check('qwerty123456'), refused('known_password'));
});

t.test('what is tried first is refused', async (t) => {
  const context = ['ada.lovelace@analytical.example', 'Countess'];
  for (const password of [
    '1qaz2wsx3edc',
    'QWERTY123456',
    'passwordpassword',
    'password2024!',
    '!!sunshine99',
    'aaaaaaaaaaaaaaa',
    'abcabcabcabc',
    'plenumplenum',
    'plenum123456',
    'ada.lovelace@analytical.example',
    'lovelace1815',
    'CountessCountess',
    'analytical!!7',
  ]) {
    t.equal(isKnown(password, context), true, password);
  }
  for (const password of [mine, 'countess of nowhere else', 'Tr0ub4dor&3xyz', 'zorvexplomnq']) {
    t.equal(isKnown(password, context), false, password);
  }
});

t.test('so many at once, the others in their order', async (t) => {
  const pool = new HashPool({ atOnce: 2, maxWaiting: 2, maxWaitMs: 2000 }, new TestClock());
  const running: (() => void)[] = [];
  const began: number[] = [];
  const work = (number: number) =>
    pool.run(() => {
      began.push(number);
      return new Promise<number>((resolve) => running.push(() => resolve(number)));
    });
  const works = [work(1), work(2), work(3), work(4)];
  await settled();
  t.strictSame(began, [1, 2]);
  await t.rejects(work(5), { code: 'rate_limited', extras: { retryAfterMs: 2000 } });
  running[1]?.();
  t.equal(await works[1], 2);
  await settled();
  t.strictSame(began, [1, 2, 3]);
  for (const end of [0, 2]) running[end]?.();
  t.strictSame(await Promise.all([works[0], works[2]]), [1, 3]);
  await settled();
  running[3]?.();
  t.equal(await works[3], 4);
  t.equal(await Promise.race([pool.run(async () => 6)]), 6, 'places are free again');
});

t.test('who waited for two seconds is refused, and leaves the line', async (t) => {
  const clock = new TestClock();
  const pool = new HashPool({ atOnce: 1, maxWaiting: 8, maxWaitMs: 2000 }, clock);
  let end = () => {};
  const first = pool.run(() => new Promise<void>((resolve) => (end = resolve)));
  const late = pool.run(async () => 'never');
  const refused = t.rejects(late, { code: 'rate_limited' });
  clock.advance(1999);
  const later = pool.run(async () => 'in time');
  clock.advance(1);
  await refused;
  end();
  await first;
  t.equal(await later, 'in time');
});

t.test('a work that fails gives its place back', async (t) => {
  const pool = new HashPool({ atOnce: 1, maxWaiting: 0, maxWaitMs: 1 }, new TestClock());
  await t.rejects(
    pool.run(async () => {
      throw new Error('no memory');
    }),
    { message: 'no memory' },
  );
  t.equal(await pool.run(async () => 7), 7);
});
