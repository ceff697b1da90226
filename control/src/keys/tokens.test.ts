import { createHmac } from 'node:crypto';
import { decodeJwt, SignJWT } from 'jose';
import t from 'tap';
import { TestClock } from '../testing/test-clock.js';
import { KeyRing } from './key-ring.js';
import { allowedClaims, standbyClaims, type TokenSubject, Tokens } from './tokens.js';

const subject: TokenSubject = {
  participantId: 'p',
  meetingId: 'm',
  roomId: 'r',
  epoch: 3,
  role: 'participant',
  grants: { publish: ['microphone'], subscribe: true, chat: true, unmute: true },
};

function setUp() {
  const clock = new TestClock();
  const keys = KeyRing.ephemeral();
  return { clock, keys, tokens: new Tokens(keys, clock) };
}

t.test('a join token tells its subject, for two minutes at most', async (t) => {
  const { clock, tokens } = setUp();
  const { token, expiresAt } = tokens.issueJoin(subject, 'j');
  t.strictSame(await tokens.verifyJoin(token), { ...subject, tokenId: 'j' });
  t.ok(expiresAt - clock.now() <= 120_000);
  clock.advance(119_000);
  await tokens.verifyJoin(token);
  clock.advance(2000);
  await t.rejects(tokens.verifyJoin(token), { code: 'unauthenticated' });
});

t.test('tokens hold the allowed claims and no other', async (t) => {
  const { tokens } = setUp();
  for (const { token } of [tokens.issueJoin(subject, 'j'), tokens.issueParticipant(subject, 'j')]) {
    t.strictSame(Object.keys(decodeJwt(token)).sort(), [...allowedClaims].sort());
  }
});

t.test(
  'a standby ticket tells what it is for, for ten minutes, and is no other token',
  async (t) => {
    const { clock, tokens } = setUp();
    const standby = { participantId: 'p', roomId: 'r', epochNext: 4, nodeId: 'n' };
    const { token, expiresAt } = tokens.issueStandby(standby, 'j');
    t.strictSame(await tokens.verifyStandby(token), standby);
    t.strictSame(Object.keys(decodeJwt(token)).sort(), [...standbyClaims].sort());
    t.equal(expiresAt, Math.floor(clock.now() / 1000) * 1000 + 600_000);
    const refused = { code: 'unauthenticated' };
    await t.rejects(tokens.verifyJoin(token), refused);
    await t.rejects(tokens.verifyParticipant(token), refused);
    await t.rejects(tokens.verifyStandby(tokens.issueParticipant(subject, 'j').token), refused);
    clock.advance(661_000);
    await t.rejects(tokens.verifyStandby(token), refused);
  },
);

t.test('whatever is not a join token of ours is refused', async (t) => {
  const { clock, keys, tokens } = setUp();
  const { token } = tokens.issueJoin(subject, 'j');
  const [header, payload, signature] = token.split('.') as [string, string, string];
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = decodeJwt(token);
  const publicKey = keys.verifying.export({ type: 'spki', format: 'pem' });
  const hmacHead = encode({ alg: 'HS256', typ: 'JWT' });
  const hmac = createHmac('sha256', publicKey).update(`${hmacHead}.${payload}`).digest('base64url');
  const signed = (changed: object) =>
    new SignJWT({ ...claims, ...changed }).setProtectedHeader({ alg: 'EdDSA' }).sign(keys.signing);
  const now = Math.floor(clock.now() / 1000);
  const forged: Record<string, string> = {
    'no text': '',
    'no token': 'a.b.c',
    'no algorithm': `${encode({ alg: 'none' })}.${payload}.`,
    'an HMAC with the public key': `${hmacHead}.${payload}.${hmac}`,
    'another payload': `${header}.${encode({ ...claims, role: 'host' })}.${signature}`,
    'another key': new Tokens(KeyRing.ephemeral(), clock).issueJoin(subject, 'j').token,
    'another audience': tokens.issueParticipant(subject, 'j').token,
    'another issuer': await signed({ iss: 'elsewhere' }),
    'a claim too many': await signed({ admin: true }),
    'a claim too few': await signed({ room: undefined }),
    'another version': await signed({ ver: 2 }),
    'not yet valid': await signed({ nbf: now + 120, exp: now + 180 }),
  };
  for (const [name, text] of Object.entries(forged)) {
    await t.rejects(tokens.verifyJoin(text), { code: 'unauthenticated' }, name);
  }
  await tokens.verifyJoin(await signed({}));
});

t.test('sealed text opens with its own context and key only', async (t) => {
  const keys = KeyRing.ephemeral();
  const sealed = keys.seal('a link', 'here');
  t.equal(keys.unseal(sealed, 'here'), 'a link');
  t.throws(() => keys.unseal(sealed, 'there'));
  t.throws(() => KeyRing.ephemeral().unseal(sealed, 'here'));
  sealed[20] = (sealed[20] ?? 0) ^ 1;
  t.throws(() => keys.unseal(sealed, 'here'));
});
