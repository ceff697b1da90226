import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from './config.js';
import type { Mail } from './mail/mailer.js';
import type { CreatedMeeting } from './schemas/http.js';
import { securityEvents } from './security-log.js';
import {
  addTotp,
  logIn,
  makeAdmin,
  makeApiKey,
  makeUser,
  type TestUser,
  testPassword,
} from './testing/test-accounts.js';
import { enter, post, type TestMeeting } from './testing/test-client.js';
import { testControl } from './testing/test-control.js';
import { testDatabase, testServer } from './testing/test-database.js';

t.test('docs/security-events.md has every event, with what it means', async (t) => {
  const page = readFileSync(join(projectRoot, 'docs/security-events.md'), 'utf8');
  const rows = [...page.matchAll(/^\| `([\w.]+)` \| (.*) \|$/gm)];
  t.strictSame(Object.fromEntries(rows.map(([, name, text]) => [name, text])), securityEvents);
});

type Line = Record<string, unknown>;

t.test('who did what, when and from where; and nothing that opens anything', async (t) => {
  const lines: string[] = [];
  const database = await testDatabase(t, await testServer(t));
  const config = { limits: { accountLoginsPerMinute: 9 } };
  const mails: Mail[] = [];
  const mailer = { send: async (mail: Mail) => void mails.push(mail) };
  const log = (line: string) => lines.push(line);
  const control = await testControl(t, database, { config, mailer, log });
  const { origin } = control;
  const taken = () => lines.splice(0).map((line) => JSON.parse(line) as Line);
  const all: Line[] = [];
  /** The events since the last time, by name. */
  const events = () => {
    const found = taken().filter((line) => 'security' in line);
    all.push(...found);
    return found.map(({ security }) => security);
  };
  const send = (method: string, path: string, headers: object, body?: object) =>
    fetch(`${origin}${path}`, {
      method,
      headers: { ...headers, ...(body ? { 'content-type': 'application/json' } : {}) },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });

  const setup_token = (await control.services.users.makeSetupToken()) ?? '';
  const chief = { email: 'chief@example.org', username: 'Chief', password: testPassword };
  t.equal((await post(`${origin}/v1/users`, { ...chief, setup_token })).status, 201);
  t.strictSame(events(), ['setup_link.made', 'setup_link.used', 'user.made', 'admin.given']);
  t.equal(all[0]?.by, 'plenum', 'a start is nobody’s request');

  const ada = await makeUser(control);
  t.strictSame(events(), ['user.made']);
  const wrong = await logIn(origin, { email: ada.email, password: 'quite another password' });
  t.equal(wrong.response.status, 401);
  await logIn(origin, { email: 'nobody@example.org' });
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  const traceparent = `00-${traceId}-00f067aa0ba902b7-01`;
  const first = await logIn(origin, { email: ada.email }, { traceparent });
  t.strictSame(events(), ['login.failed', 'login.failed', 'login.succeeded']);
  t.match(all.at(-3), { by: null, ip: '127.0.0.1', user_id: ada.userId, reason: 'password' });
  t.notOk('user_id' in (all.at(-2) as Line), 'nobody’s address is not written down');
  t.match(all.at(-1), {
    user_id: ada.userId,
    at: /^\d{4}-\d\d-\d\dT.*Z$/,
    request_id: /^[0-9a-f-]{36}$/,
    trace_id: traceId,
  });

  const { apiKeyId, headers: key } = await makeApiKey(origin, ada, ['meetings:write']);
  await send('DELETE', `/v1/api-keys/${apiKeyId}`, ada.headers);
  t.strictSame(events(), ['api_key.made', 'api_key.revoked']);
  t.match(all.at(-1), { by: `user ${ada.userId}`, api_key_id: apiKeyId });

  const made = await meetingOf(origin, ada);
  const { meeting } = made;
  const base = `/v1/meetings/${meeting.meeting_id}`;
  const invite = { role: 'participant' };
  const issued = await (await post(`${origin}${base}/invites`, invite, ada.headers)).json();
  const { invite_id: inviteId, url } = issued as { invite_id: string; url: string };
  await send('DELETE', `${base}/invites/${inviteId}`, ada.headers);
  const stream = await post(`${origin}${base}/ingest-keys`, { scope: 'publish' }, ada.headers);
  const ingest = (await stream.json()) as { ingest_key_id: string; key: string };
  await send('DELETE', `${base}/ingest-keys/${ingest.ingest_key_id}`, ada.headers);
  t.strictSame(events(), [
    ...['invite.made', 'invite.revoked', 'ingest_key.made', 'ingest_key.revoked'],
  ]);

  const host = await enter(origin, made, { host: true });
  const guest = await enter(origin, made);
  await host.client.ask('mod.remove', { participant_id: guest.id, block: true });
  t.strictSame(events(), ['block.made']);
  t.match(all.at(-1), { by: `part ${host.id}`, ip: '127.0.0.1', participant_id: guest.id });
  const blocks = await (await send('GET', `${base}/blocks`, ada.headers)).json();
  const [{ block_id: blockId }] = (blocks as { items: [{ block_id: string }] }).items;
  await send('DELETE', `${base}/blocks/${blockId}`, ada.headers);
  await send('DELETE', base, { ...ada.headers, 'if-match': '*' });
  t.strictSame(events(), ['block.lifted', 'meeting.deleted']);

  const hook = { url: 'https://example.org/hook' };
  const created = await post(`${origin}/v1/webhooks`, hook, ada.headers);
  const webhook = (await created.json()) as { webhook_id: string; secret: string };
  const path = `/v1/webhooks/${webhook.webhook_id}`;
  const change = { is_enabled: false };
  await send('PATCH', path, { ...ada.headers, 'if-match': '*' }, change);
  const rotated = (await (await send('POST', `${path}/rotate`, ada.headers)).json()) as Line;
  await send('DELETE', path, { ...ada.headers, 'if-match': '*' });
  t.strictSame(
    events(),
    ['made', 'changed', 'secret_rotated', 'deleted'].map((one) => `webhook.${one}`),
  );

  const fresh = 'another battery staple horse';
  const wanted = { current_password: 'not this one at all', new_password: fresh };
  await send('POST', '/v1/users/me/password', first.headers, wanted);
  const known = { ...wanted, current_password: testPassword };
  await send('POST', '/v1/users/me/password', first.headers, known);
  await send('DELETE', '/v1/sessions/current', first.headers);
  const again = await logIn(origin, { email: ada.email, password: fresh });
  await send('DELETE', '/v1/sessions', again.headers);
  t.strictSame(events(), [
    ...['password.refused', 'password.changed', 'session.ended'],
    ...['login.succeeded', 'sessions.ended'],
  ]);

  const login = { email: ada.email, password: fresh };
  ada.headers = (await logIn(origin, login)).headers;
  const { factorId, recoveryCodes } = await addTotp(origin, ada);
  const [code = '', other = ''] = recoveryCodes;
  await logIn(origin, { ...login, otp: 'no such code' });
  await logIn(origin, { ...login, otp: code });
  const weak = { userId: ada.userId, userAgent: 'test', secondFactor: false };
  const signedOn = await control.services.sessions.begin(database, weak);
  const later = { cookie: `__Host-session=${signedOn.token}` };
  await send('POST', '/v1/sessions/current/second-factor', later, { otp: other });
  await send('DELETE', `/v1/users/me/factors/${factorId}`, ada.headers);
  t.strictSame(events(), [
    ...['login.succeeded', 'factor.added', 'login.failed'],
    ...['recovery_code.used', 'login.succeeded'],
    ...['recovery_code.used', 'factor.shown', 'factor.removed'],
  ]);

  for (const email of [ada.email, 'nobody@example.org']) {
    await post(`${origin}/v1/password-resets`, { email });
    await control.services.passwordResets.settled();
  }
  const [mail] = mails;
  const [, token = ''] = /#t=([\w-]+)/.exec(mail?.text ?? '') ?? [];
  const chosen = { token, new_password: 'yet another horse battery' };
  t.equal((await post(`${origin}/v1/password-resets/confirm`, chosen)).status, 204);
  t.strictSame(events(), [
    ...['password_reset.asked', 'password_reset.asked', 'password_reset.done'],
  ]);
  t.match(all.at(-3), { user_id: ada.userId, ip: '127.0.0.1' });
  t.notOk('user_id' in (all.at(-2) as Line));

  for (let count = 0; count < 10; count++) await logIn(origin, { email: 'nobody@example.org' });
  t.ok(events().includes('login.limited'));

  const admin = await makeAdmin(control);
  events();
  const account = `/v1/users/${ada.userId}`;
  const byAdmin = { ...admin.headers, 'if-match': '*' };
  for (const change of [
    { is_admin: true },
    { is_admin: false },
    { is_disabled: true },
    { is_disabled: false },
  ]) {
    t.equal((await send('PATCH', account, byAdmin, change)).status, 200);
  }
  await send('DELETE', account, byAdmin);
  t.strictSame(events(), [
    ...['admin.given', 'admin.taken', 'user.disabled', 'user.enabled', 'user.deleted'],
  ]);
  t.match(all.at(-1), { by: `user ${admin.userId}`, user_id: ada.userId });

  const seen = new Set(all.map(({ security }) => security));
  const unseen = Object.keys(securityEvents).filter((name) => !seen.has(name));
  const recordings = [
    ...['recording.deleted', 'recording.file_url_made', 'recording_share.made'],
    ...['recording_share.opened', 'recording_share.revoked'],
  ];
  const nodes = ['node.token_made', 'node.enrolled', 'node.removed'];
  t.strictSame(
    unseen,
    ['factor.copied', 'identity.linked', ...recordings, ...nodes],
    'which have tests of their own',
  );

  const written = all.map((line) => JSON.stringify(line)).join('\n');
  for (const secret of [
    ...[
      ada.email,
      testPassword,
      fresh,
      token,
      setup_token,
      code,
      'example.org',
      ingest.key,
      webhook.secret,
    ],
    ...[String(rotated.secret), url.split('=')[1] as string, key.authorization.slice(7)],
    ...[first.headers.cookie.split('=')[1] as string, again.headers.cookie.split('=')[1] as string],
  ]) {
    t.notOk(written.includes(secret), 'no secret, no address');
  }
  for (const { security } of all) t.ok(String(security) in securityEvents);
});

async function meetingOf(origin: string, { headers }: TestUser): Promise<TestMeeting> {
  const response = await post(`${origin}/v1/meetings`, {}, headers);
  const created = (await response.json()) as CreatedMeeting;
  const secretOf = (url: string) => url.split('#k=')[1] as string;
  return {
    ...created,
    code: created.meeting.code,
    hostSecret: secretOf(created.host_invite.url),
    participantSecret: secretOf(created.participant_link),
  };
}
