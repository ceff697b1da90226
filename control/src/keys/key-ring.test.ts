import { randomBytes } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { KeyRing } from './key-ring.js';

t.test('generated keys are made once and only their user reads them', async (t) => {
  const folder = t.testdir();
  const ring = KeyRing.open(folder);
  const sealed = ring.seal('plain', 'context');
  t.equal(statSync(join(folder, 'keys.json')).mode & 0o777, 0o600);
  t.equal(KeyRing.open(folder).kid, ring.kid);
  t.equal(KeyRing.open(folder).unseal(sealed, 'context'), 'plain');
  t.throws(() => ring.unseal(sealed, 'another context'));
});

t.test('keys that follow from a secret are the same everywhere', async (t) => {
  const [here, there] = [t.testdir({ here: {}, there: {} }), 'there'];
  const secret = randomBytes(32).toString('base64');
  const one = KeyRing.open(join(here, 'here'), secret);
  const other = KeyRing.open(join(here, there), secret);
  t.strictSame(other.publicKeys(), one.publicKeys());
  t.equal(other.unseal(one.seal('plain', 'context'), 'context'), 'plain');
  t.notOk(existsSync(join(here, 'here', 'keys.json')), 'nothing lies about');

  const stranger = KeyRing.open(here, `${secret}.`);
  t.not(stranger.kid, one.kid);
  t.notSame(stranger.publicKeys(), one.publicKeys());
  t.throws(() => stranger.unseal(one.seal('plain', 'context'), 'context'));
});

t.test('who sets a secret later still reads what the generated keys sealed', async (t) => {
  const folder = t.testdir();
  const before = KeyRing.open(folder).seal('plain', 'context');
  const ring = KeyRing.open(folder, randomBytes(32).toString('base64'));
  t.equal(ring.unseal(before, 'context'), 'plain');
  t.equal(ring.unseal(ring.seal('new', 'context'), 'context'), 'new');
  const generated = KeyRing.open(folder).fingerprint('plain', 'context');
  const own = ring.fingerprint('plain', 'context');
  t.notSame(own, generated);
  t.strictSame(ring.fingerprints('plain', 'context'), [own, generated], 'and recognises it');
  t.throws(() => ring.unseal(before, 'another context'));
});
