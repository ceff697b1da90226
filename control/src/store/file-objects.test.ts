import { createHash } from 'node:crypto';
import { existsSync, linkSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { testFolder } from '../testing/test-database.js';
import { FileObjects } from './file-objects.js';
import { objectsContract } from './objects-contract.js';

objectsContract(t, (t) => new FileObjects(join(testFolder(t), 'objects')));

const modeOf = (path: string) => statSync(path).mode & 0o777;

t.test('only its user reads what is stored', async (t) => {
  const folder = join(testFolder(t), 'objects');
  const objects = new FileObjects(folder);
  const path = join(testFolder(t), 'open');
  writeFileSync(path, 'x', { mode: 0o644 });
  const sha256 = createHash('sha256').update('x').digest('hex');
  const file = { path, bytes: 1, sha256, contentType: 'video/webm' };
  await objects.putFile('recordings/a/1/b.webm', file);
  await objects.putFile('recordings/a/1/manifest.jsonl', file);
  await objects.put('recordings/a/1/c.webm', Buffer.from('x'));
  for (const name of ['b.webm', 'manifest.jsonl', 'c.webm']) {
    t.equal(modeOf(join(folder, 'recordings/a/1', name)), 0o600, name);
  }
  for (const name of ['', 'recordings', 'recordings/a', 'recordings/a/1']) {
    t.equal(modeOf(join(folder, name)), 0o700, name);
  }
  t.equal(await objects.addressFor(), null);
});

t.test('a file of the same disk is linked: nothing is copied', async (t) => {
  const folder = testFolder(t);
  const path = join(folder, 'recorded');
  writeFileSync(path, 'x');
  const sha256 = createHash('sha256').update('x').digest('hex');
  const objects = new FileObjects(join(folder, 'objects'));
  await objects.putFile('recordings/a/1/b.webm', { path, bytes: 1, sha256, contentType: '' });
  t.equal(statSync(join(folder, 'objects/recordings/a/1/b.webm')).ino, statSync(path).ino);
  // After a crash it is stored again.
  await objects.putFile('recordings/a/1/b.webm', { path, bytes: 1, sha256, contentType: '' });
  t.strictSame(
    readdirSync(join(folder, 'objects/recordings/a/1')),
    ['b.webm'],
    'and no half of it',
  );
});

t.test('what a crash left half is in nobody’s way', async (t) => {
  const folder = join(testFolder(t), 'objects');
  const objects = new FileObjects(folder);
  await objects.put('recordings/a/1/a.webm', Buffer.from('x'));
  const left = join(folder, 'recordings/a/1/b.webm.partial');
  linkSync(join(folder, 'recordings/a/1/a.webm'), left);
  await objects.put('recordings/a/1/b.webm', Buffer.from('of the next try'));
  t.notOk(existsSync(left));
  t.equal(Buffer.from((await objects.get('recordings/a/1/a.webm')) as Uint8Array).toString(), 'x');
  t.strictSame(readdirSync(join(folder, 'recordings/a/1')), ['a.webm', 'b.webm']);
});
