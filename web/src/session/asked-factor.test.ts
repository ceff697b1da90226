import t from 'tap';
import { ProtocolError } from '../../../client/src/index.js';
import { askedBy } from './asked-factor.js';

const webauthn = { challenge: 'x' } as never;
const refusal = (pointers: string[], key?: never) =>
  new ProtocolError('unauthenticated', '', undefined, {
    errors: pointers.map((pointer) => ({ pointer, code: 'x' })),
    ...(key ? { webauthn: key } : {}),
  });

t.test('a refusal says what it asks for', (t) => {
  const app = { app: true, key: undefined };
  t.equal(askedBy(refusal([]), undefined), undefined, 'a wrong password');
  t.equal(askedBy(new Error('x'), undefined), undefined);
  t.same(askedBy(refusal(['/otp']), undefined), app);
  t.same(askedBy(refusal(['/credential'], webauthn), undefined), { app: false, key: webauthn });
  const both = askedBy(refusal(['/otp', '/credential'], webauthn), undefined);
  t.same(both, { app: true, key: webauthn });
  t.end();
});

t.test('what is wrong is asked for again, with what a key is to sign now', (t) => {
  const before = { app: false, key: webauthn };
  const next = { challenge: 'y' } as never;
  t.same(askedBy(refusal(['/otp'], next), before), { app: false, key: next });
  t.same(askedBy(refusal(['/credential'], next), before), { app: false, key: next });
  t.same(askedBy(new ProtocolError('rate_limited', ''), before), before);
  t.end();
});
