/** Accounts and meetings that the rows work on, and the row of making meetings. */
import { randomUUID } from 'node:crypto';
import type { CreatedMeeting } from '../../control/src/schemas/http.js';
import { freshKey, type Product } from './product.js';
import { measureLoad, type Row } from './rows.js';

const password = 'correct horse battery staple';

export interface Account {
  email: string;
  password: string;
  headers: { cookie: string };
}

export interface BenchMeeting {
  id: string;
  code: string;
  hostSecret: string;
  secret: string;
}

/** Somebody who has signed up and logged in. */
export async function makeAccount(product: Product): Promise<Account> {
  const email = `bench-${randomUUID()}@example.org`;
  const body = { email, username: 'Bench', password };
  await product.ask({ path: '/v1/users', headers: freshKey(), body }, 201);
  const login = { method: 'POST', body: JSON.stringify({ email, password }) };
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(new URL('/v1/sessions', product.url), { ...login, headers });
  const [cookie = ''] = (answer.headers.get('set-cookie') ?? '').split(';');
  if (answer.status !== 201) throw new Error(`login: ${await answer.text()}`);
  return { email, password, headers: { cookie } };
}

/** @param headers whose it is; absent: nobody's. */
export async function makeMeeting(
  product: Pick<Product, 'ask'>,
  body: object = {},
  headers: Record<string, string> = {},
): Promise<BenchMeeting> {
  const request = { path: '/v1/meetings', headers: { ...headers, ...freshKey() }, body };
  const created = JSON.parse((await product.ask(request, 201)).body) as CreatedMeeting;
  return {
    id: created.meeting.meeting_id,
    code: created.meeting.code,
    hostSecret: secretIn(created.host_invite.url),
    secret: secretIn(created.participant_link),
  };
}

function secretIn(url: string): string {
  return url.split('#k=')[1] ?? '';
}

const createsPerSecond = 150;

/** Making meetings with an account: one transaction each. */
export const createRow: Row = {
  name: 'create',
  bars: [
    { figure: 'create_meeting_per_s', is: 'at least', bar: createsPerSecond },
    { figure: 'create_meeting_paced_p99_ms', is: 'at most', bar: 100 },
  ],
  async measure(product) {
    const { headers } = await makeAccount(product);
    const creates = {
      ...{ connections: 16, seconds: 6, maxRequests: 30_000, expected: 201 },
      request: () => ({
        path: '/v1/meetings',
        headers: { ...headers, ...freshKey() },
        body: { title: 'Bench' },
      }),
    };
    const paced = { ...creates, perSecond: createsPerSecond };
    return {
      ...(await measureLoad(product, 'create_meeting', creates)),
      ...(await measureLoad(product, 'create_meeting_paced', paced)),
    };
  },
};
