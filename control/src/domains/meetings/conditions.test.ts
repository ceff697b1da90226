import t from 'tap';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testServer } from '../../testing/test-database.js';
import { caller, testAccount } from '../../testing/test-principals.js';

const server = await testServer(t);
const control = await testControl(t, await testDatabase(t, server));
const { origin } = control;
const ask = caller(origin, (await testAccount(control)).cookie);

async function meetingOf(changes: number) {
  const { body } = await ask('POST', '/v1/meetings', {});
  const url = `/v1/meetings/${body.meeting.meeting_id}`;
  for (let count = 0; count < changes; count++) {
    await ask('PATCH', url, { title: `${count}` }, { 'if-match': '*' });
  }
  return { url, tag: (await ask('GET', url)).headers.get('etag') as string };
}

t.test('If-Match: what is based on another version changes nothing', async (t) => {
  const { url, tag } = await meetingOf(2);
  t.match(tag, /^"3-\w+"$/, 'strong');
  const stale = { status: 412, code: 'precondition_failed' };
  const cases: [string | undefined, object][] = [
    [undefined, { status: 428, code: 'precondition_required' }],
    ['"2-new"', stale],
    ['"4-new"', stale],
    ['"-1"', stale],
    ['""', stale],
    ['3', stale],
    [`W/${tag}`, stale],
    ['nonsense', stale],
    ['"99999999999999999999"', stale],
    ['"1-new", "2-new"', stale],
    ['"3; drop table meetings"', stale],
  ];
  const bodies = { PATCH: { title: 'changed' }, DELETE: undefined };
  for (const [condition, expected] of cases) {
    const headers: Record<string, string> =
      condition === undefined ? {} : { 'if-match': condition };
    for (const [method, body] of Object.entries(bodies)) {
      const answer = await ask(method, url, body, headers);
      t.match(answer.body, expected, `${method} ${condition}`);
    }
  }
  t.match((await ask('GET', url)).body, { title: '1' });
});

t.test('If-Match: what is based on the present version goes through, once', async (t) => {
  for (const condition of [(tag: string) => tag, () => '*', (tag: string) => `"1-new",${tag} `]) {
    const { url, tag } = await meetingOf(1);
    const headers = { 'if-match': condition(tag) };
    const changed = await ask('PATCH', url, { title: 'changed' }, headers);
    t.equal(changed.status, 200, headers['if-match']);
    const next = changed.headers.get('etag') as string;
    t.match(next, /^"3-/, 'the answer has the new one');
    t.equal((await ask('GET', url)).headers.get('etag'), next);
    const again = await ask('PATCH', url, { title: 'again' }, headers);
    t.equal(again.status, condition(tag) === '*' ? 200 : 412);
    const last = (await ask('GET', url)).headers.get('etag') as string;
    t.equal((await ask('DELETE', url, undefined, { 'if-match': last })).status, 204);
  }
});

t.test('of many changes of one version one wins, and none is lost', async (t) => {
  const { url, tag } = await meetingOf(0);
  const answers = await Promise.all(
    Array.from({ length: 30 }, (_, index) =>
      ask('PATCH', url, { title: `${index}` }, { 'if-match': tag }),
    ),
  );
  const won = answers.filter(({ status }) => status === 200);
  t.equal(won.length, 1);
  t.equal(answers.filter(({ status }) => status === 412).length, 29);
  const { body, headers } = await ask('GET', url);
  t.equal(body.title, won[0]?.body.title);
  t.match(headers.get('etag'), /^"2-/);
});

t.test('a refused change is no new version', async (t) => {
  const { url, tag } = await meetingOf(0);
  for (const change of [{ starts_at: '2026-12-01T00:00:00Z' }, { unknown: 1 }, { title: 1 }]) {
    t.equal((await ask('PATCH', url, change, { 'if-match': tag })).status, 400);
  }
  t.equal((await ask('GET', url)).headers.get('etag'), tag);
});

t.test('If-None-Match: who has it gets 304 and no body', async (t) => {
  const { url, tag } = await meetingOf(1);
  for (const [condition, status] of [
    [tag, 304],
    [`W/${tag}`, 304],
    ['*', 304],
    [`"1-new", ${tag}`, 304],
    ['"1-new"', 200],
    ['"2"', 200],
    [tag.replaceAll('"', ''), 200],
    ['', 200],
  ] as const) {
    const answer = await ask('GET', url, undefined, { 'if-none-match': condition });
    t.equal(answer.status, status, condition);
    t.equal(answer.headers.get('etag'), tag, 'the tag comes along');
    t.equal(answer.body === '', status === 304);
  }
  await ask('PATCH', url, { title: 'other' }, { 'if-match': tag });
  t.equal((await ask('GET', url, undefined, { 'if-none-match': tag })).status, 200);
});
