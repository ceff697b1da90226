/** What one process asks another about what was kept, over TLS on loopback. */
import t, { type Test } from 'tap';
import { systemClock } from '../clock.js';
import { systemIds } from '../ids.js';
import { KeyRing } from '../keys/key-ring.js';
import { Authority } from './authority.js';
import { FleetListener, type FleetListenerContext } from './fleet-listener.js';
import { makeKeyPair } from './identity.js';
import { answerKept, callKept, type KeptCopies } from './kept-requests.js';
import { lostAfterMs } from './node-messages.js';
import type { KeptCall } from './second-copy.js';

const ids = systemIds(systemClock);

/** A process that takes its time, and another one that asks it. */
async function processes(t: Test, copies: Partial<KeptCopies>) {
  const ca = await Authority.open(KeyRing.ephemeral(), systemClock);
  const credentialsOf = async (id: string) => {
    const { key, publicKey } = makeKeyPair();
    const certificate = await ca.issue({ role: 'control', id }, publicKey);
    return { key, certificate, authority: ca.certificate };
  };
  const idle = async () => {};
  const kept = {
    copies: { accept: idle, forget: idle, settleCopy: idle, ...copies },
    clock: systemClock,
  };
  const route = {
    role: 'control',
    handle: (request, reply) => answerKept(request, reply, kept),
  } satisfies FleetListenerContext['requests'][string];
  const listener = new FleetListener({
    credentials: await credentialsOf(ids.next()),
    log: { info: () => {}, warn: () => {} },
    isWelcome: async () => true,
    sockets: {},
    requests: { '/kept': route, '/kept/settle': route },
  });
  const address = `127.0.0.1:${await listener.listen('127.0.0.1', 0)}`;
  t.teardown(() => listener.close());
  const credentials = await credentialsOf(ids.next());
  return (path: KeptCall, body: string) =>
    callKept({ address, credentials }, path, Buffer.from(body));
}

t.test('a copy that takes longer to write than silence is waited for', async (t) => {
  const written: string[] = [];
  const call = await processes(t, {
    settleCopy: async (controlId) => {
      await new Promise<void>((resolve) => systemClock.after(lostAfterMs + 500, resolve));
      written.push(controlId);
    },
  });
  await call('/kept/settle', 'gone');
  t.strictSame(written, ['gone']);
});

t.test('meanwhile others’ copies go on', async (t) => {
  let done = () => {};
  const settling = new Promise<void>((resolve) => {
    done = resolve;
  });
  const accepted: string[] = [];
  const call = await processes(t, {
    settleCopy: () => settling,
    accept: async (_, bytes) => {
      accepted.push(bytes.toString());
    },
  });
  const settled = call('/kept/settle', 'gone');
  await call('/kept', 'a record');
  t.strictSame(accepted, ['a record']);
  done();
  await settled;
});

t.test('what fails is not done', async (t) => {
  const fails = async () => {
    throw new Error('the database is away');
  };
  const call = await processes(t, { settleCopy: fails, accept: () => new Promise(() => {}) });
  await t.rejects(call('/kept/settle', 'gone'), { message: 'it answers 500' });
  await t.rejects(call('/kept', 'a record'), { message: 'no answer in time' });
});
