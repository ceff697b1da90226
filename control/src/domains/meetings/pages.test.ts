import { randomBytes } from 'node:crypto';
import t from 'tap';
import { v7 } from 'uuid';
import { dayOf } from '../../ids.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);
const rows = 10_000;
const limit = 100;

t.test('10 000 rows read by HTTP while rows are made and deleted by HTTP', async (t) => {
  const config = { limits: { userRequestsPerMinute: 1_000_000 } };
  const control = await testControl(t, await testDatabase(t, server), { config });
  const account = await testAccount(control);
  const ask = caller(control.origin, account.cookie);
  const now = Date.now();
  // Spread over three days, so that the list crosses partitions.
  const ids = Array.from({ length: rows }, (_, index) => v7({ msecs: now - index * 26_000 }));
  await control.database.query(
    `insert into meetings (day, meeting_id, host_id, meeting_url, kind, title, policy, created_at,
       updated_at)
     select day, id, $3, '/m/' || id, 'instant', '', '{}', now(), now()
     from unnest($1::date[], $2::uuid[]) as x(day, id)`,
    [ids.map(dayOf), ids, account.userId],
  );
  const stable = new Set(ids);
  const deletable = [...ids];
  const change = async () => {
    await ask('POST', '/v1/meetings', {});
    const at = randomBytes(4).readUInt32BE() % deletable.length;
    const [id = ''] = deletable.splice(at, 1);
    stable.delete(id);
    const answer = await ask('DELETE', `/v1/meetings/${id}`, undefined, { 'if-match': '*' });
    if (answer.status !== 204) throw new Error(`DELETE: ${answer.status}`);
  };
  const seen: string[] = [];
  let cursor: string | null = '';
  let pages = 0;
  while (cursor !== null) {
    const from: string = cursor === '' ? '' : `&cursor=${cursor}`;
    // At the same time, so that a page falls into the middle of changes.
    const [page] = await Promise.all([
      ask('GET', `/v1/meetings?limit=${limit}${from}`),
      change(),
      change(),
      change(),
    ]);
    t.equal(page.status, 200);
    seen.push(...page.body.items.map((one: { meeting_id: string }) => one.meeting_id));
    cursor = page.body.next_cursor;
    pages += 1;
  }
  t.ok(pages >= 97, `${pages} pages`);
  t.equal(new Set(seen).size, seen.length, 'none twice');
  const read = new Set(seen);
  t.strictSame(
    [...stable].filter((id) => !read.has(id)),
    [],
    'none of those that stayed is missed',
  );
  t.ok(stable.size > 9000);
  t.strictSame(seen, [...seen].sort(), 'in order');

  const newest: string[] = [];
  for (let next = ''; newest.length <= 250; ) {
    const page = await ask('GET', `/v1/meetings?order=desc&limit=100${next}`);
    newest.push(...page.body.items.map((one: { meeting_id: string }) => one.meeting_id));
    next = `&cursor=${page.body.next_cursor}`;
  }
  const left = await control.database.query<{ id: string }>(
    `select meeting_id as id from meetings where host_id = $1 and deleted_at is null
     order by meeting_id desc limit ${newest.length}`,
    [account.userId],
  );
  t.strictSame(
    newest,
    left.map(({ id }) => id),
    'from the other end: the newest, page by page',
  );
});
