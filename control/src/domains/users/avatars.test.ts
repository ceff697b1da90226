import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { User } from '../../schemas/http.js';
import { FileObjects } from '../../store/file-objects.js';
import { makeUser, readMe } from '../../testing/test-accounts.js';
import { testControl } from '../../testing/test-control.js';
import { testDatabase, testFolder, testServer } from '../../testing/test-database.js';

const server = await testServer(t);
const folder = testFolder(t);
const control = await testControl(t, await testDatabase(t, server), {
  objects: new FileObjects(folder),
});
const { origin } = control;

/** The head of a JPEG of that size (ITU-T T.81 §B.2), then nothing but zeros up to `length`. */
function jpeg(width: number, height: number, length = 2000): Buffer {
  const head = [0xff, 0xd8, 0xff, 0xe0, 0, 16, ...Buffer.from('JFIF\0'), 1, 1, 0, 0, 1, 0, 1, 0, 0];
  const frame = [0xff, 0xc0, 0, 17, 8, height >> 8, height & 255, width >> 8, width & 255, 3];
  return Buffer.concat([Buffer.from([...head, ...frame]), Buffer.alloc(length)], length);
}

const put = (user: { headers: { cookie: string } }, body: Buffer | string, type = 'image/jpeg') =>
  fetch(`${origin}/v1/users/me/avatar`, {
    method: 'PUT',
    headers: { ...user.headers, 'content-type': type },
    body: new Uint8Array(Buffer.from(body)),
  });

t.test('a JPEG of 400 × 400 is kept, and shown to whoever has its address', async (t) => {
  const user = await makeUser(control);
  const picture = jpeg(400, 400, 102_400);
  const answer = await put(user, picture);
  t.equal(answer.status, 200);
  t.equal(answer.headers.get('etag'), '"2"');
  const { avatar_url: url } = (await answer.json()) as User;
  t.match(url, /^\/v1\/avatars\/[\w-]{43}$/);
  const shown = await fetch(origin + url);
  t.equal(shown.status, 200);
  t.match(Object.fromEntries(shown.headers), {
    'content-type': 'image/jpeg',
    'cache-control': 'public, max-age=31536000, immutable',
    'content-disposition': /^attachment/,
    'content-security-policy': /default-src 'none'.*; sandbox$/,
    'x-content-type-options': 'nosniff',
  });
  t.strictSame(Buffer.from(await shown.arrayBuffer()), picture);
  const [file] = readdirSync(join(folder, 'avatars'));
  t.equal(statSync(join(folder, 'avatars', file as string)).mode & 0o777, 0o600);
  t.strictSame(readFileSync(join(folder, 'avatars', file as string)), picture);

  const second = (await (await put(user, jpeg(400, 400))).json()) as User;
  t.not(second.avatar_url, url, 'another address');
  t.equal((await fetch(origin + url)).status, 404, 'the former one is gone');
  const headers = user.headers;
  const cleared = await fetch(`${origin}/v1/users/me/avatar`, { method: 'DELETE', headers });
  t.match(await cleared.json(), { avatar_url: null });
  t.equal((await fetch(origin + second.avatar_url)).status, 404);
  t.strictSame(readdirSync(join(folder, 'avatars')), []);
});

t.test('everything else is refused, whatever it says that it is', async (t) => {
  const user = await makeUser(control);
  const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAZAAAAGQCAYAAACAvzbMAAAAAElFTkSuQmCC', 'base64');
  const cases: [string, Promise<Response>, number][] = [
    ['too wide', put(user, jpeg(401, 400)), 400],
    ['too low', put(user, jpeg(400, 399)), 400],
    ['a PNG', put(user, png), 400],
    ['a page', put(user, '<script>alert(1)</script>'), 400],
    ['cut off', put(user, jpeg(400, 400).subarray(0, 22)), 400],
    ['nothing', put(user, ''), 400],
    ['too large', put(user, jpeg(400, 400, 102_401)), 413],
    ['another type', put(user, jpeg(400, 400), 'image/png'), 415],
    ['JSON', put(user, '{}', 'application/json'), 415],
    ['nobody', put({ headers: { cookie: '' } }, jpeg(400, 400)), 401],
  ];
  for (const [name, answer, status] of cases) t.equal((await answer).status, status, name);
  t.match(await readMe(origin, user), { user: { avatar_url: null }, etag: '"1"' });
});

t.test('names that are none find nothing', async (t) => {
  for (const key of ['x', '..%2f..%2fkeys.json', `${'a'.repeat(43)}`, '%2e%2e']) {
    t.equal((await fetch(`${origin}/v1/avatars/${key}`)).status, 404, key);
  }
  const objects = new FileObjects(folder);
  for (const key of ['../keys.json', 'a/../../b', 'a', '/a/b']) {
    await t.rejects(objects.put(key, Buffer.alloc(1)), { message: /no key/ }, key);
  }
});
