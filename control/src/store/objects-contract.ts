import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Test } from 'tap';
import type { PartStore } from '../../../recorder/src/index.js';
import { testFolder } from '../testing/test-database.js';
import type { Objects, WholeFile } from './objects.js';

export type OpenObjects = (t: Test) => Objects;

let made = 0;
const leastPart = 5 * 1024 * 1024;

/** A recording that no other test has. */
function folderName(): string {
  made += 1;
  return `recordings/${process.pid}-${made}`;
}

async function textOf(stream: Readable | null): Promise<string | null> {
  if (stream === null) return null;
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString();
}

function fileOf(t: Test, bytes: Uint8Array): WholeFile {
  const path = join(testFolder(t), 'file');
  writeFileSync(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, bytes: bytes.byteLength, sha256, contentType: 'video/webm' };
}

/** What holds for every store of objects. */
export function objectsContract(t: Test, open: OpenObjects): void {
  t.test('an object is there whole, is replaced, and is gone', (t) => whole(t, open(t)));
  t.test('keys that lead elsewhere are none', (t) => keys(t, open(t)));
  t.test('a part of it is read', (t) => ranges(t, open(t)));
  t.test('a file is stored as it was said to be, or not at all', (t) => files(t, open(t)));
  t.test('a large file', (t) => large(t, open(t)));
  t.test('all of a recording goes, and nothing else', (t) => deleting(t, open(t)));
  t.test('a job reads it by its address', (t) => jobs(t, open(t)));
}

async function whole(t: Test, objects: Objects): Promise<void> {
  const key = `${folderName()}/1/manifest.jsonl`;
  t.equal(await objects.get(key), null);
  t.equal(await objects.sizeOf(key), null);
  t.equal(await objects.read(key), null);
  await objects.put(key, Buffer.from('Grüße'));
  t.equal(Buffer.from((await objects.get(key)) as Uint8Array).toString(), 'Grüße');
  t.equal(await objects.sizeOf(key), 7);
  await objects.put(key, Buffer.from(''));
  t.equal(await objects.sizeOf(key), 0, 'empty is not missing');
  await objects.delete(key);
  await objects.delete(key);
  t.equal(await objects.sizeOf(key), null);
}

async function keys(t: Test, objects: Objects): Promise<void> {
  const odd = [
    'x',
    '/x/y',
    '../x',
    'a/../../x',
    'a//b',
    'a/.b',
    'a/b/',
    'a/b c',
    'a/b\0',
    'a\\b/c',
  ];
  for (const key of [...odd, 'a/b.c/d', 'a/b/c/d/e/f']) {
    await t.rejects(objects.get(key), key);
    await t.rejects(objects.put(key, Buffer.from('x')), key);
    await t.rejects(objects.delete(key), key);
    await t.rejects(objects.addressForJob(key, 1000), key);
  }
  for (const prefix of ['', '/', 'recordings/', 'recordings/x', 'a/../', 'a/b/c/']) {
    await t.rejects(objects.deleteAll(prefix), prefix);
  }
}

async function ranges(t: Test, objects: Objects): Promise<void> {
  const key = `${folderName()}/1/a.webm`;
  await objects.put(key, Buffer.from('0123456789'));
  t.equal(await textOf(await objects.read(key)), '0123456789');
  t.equal(await textOf(await objects.read(key, { first: 0, last: 0 })), '0');
  t.equal(await textOf(await objects.read(key, { first: 3, last: 6 })), '3456');
  t.equal(await textOf(await objects.read(key, { first: 9, last: 9 })), '9');
}

async function files(t: Test, objects: Objects): Promise<void> {
  const key = `${folderName()}/1/a.webm`;
  const file = fileOf(t, Buffer.from('what was recorded'));
  await t.rejects(objects.putFile(key, { ...file, bytes: 16 }));
  await t.rejects(objects.putFile(key, { ...file, bytes: 18 }));
  await t.rejects(objects.putFile(key, { ...file, sha256: '0'.repeat(64) }));
  await t.rejects(objects.putFile(key, { ...file, path: `${file.path}-none` }));
  t.equal(await objects.sizeOf(key), null, 'nothing is left of it');
  await objects.putFile(key, file);
  t.equal(await textOf(await objects.read(key)), 'what was recorded');
  await objects.putFile(key, fileOf(t, Buffer.from('again')));
  t.equal(await textOf(await objects.read(key)), 'again');
  const manifest = key.replace('a.webm', 'manifest.jsonl');
  await objects.putFile(manifest, file);
  writeFileSync(file.path, 'another line\n', { flag: 'a' });
  t.equal(
    await textOf(await objects.read(manifest)),
    'what was recorded',
    'what is appended later',
  );
}

async function large(t: Test, objects: Objects): Promise<void> {
  const key = `${folderName()}/1/large.webm`;
  const bytes = randomBytes(34 * 1024 * 1024 + 1);
  await objects.putFile(key, fileOf(t, bytes));
  t.equal(await objects.sizeOf(key), bytes.byteLength);
  const hash = createHash('sha256');
  for await (const chunk of (await objects.read(key)) as Readable) hash.update(chunk);
  t.equal(hash.digest('hex'), createHash('sha256').update(bytes).digest('hex'));
  await t.rejects(
    objects.putFile(key.replace('large', 'wrong'), { ...fileOf(t, bytes), sha256: '' }),
  );
  t.equal(await objects.sizeOf(key.replace('large', 'wrong')), null);
}

async function deleting(t: Test, objects: Objects): Promise<void> {
  const [gone, kept] = [folderName(), folderName()];
  for (const name of ['1/manifest.jsonl', '1/a.webm', '2/b.webm', 'c.mp4']) {
    await objects.put(`${gone}/${name}`, Buffer.from('x'));
  }
  await objects.put(`${gone}0/1/a.webm`, Buffer.from('x'));
  await objects.put(`${kept}/1/a.webm`, Buffer.from('x'));
  await objects.deleteAll(`${gone}/`);
  for (const name of ['1/manifest.jsonl', '1/a.webm', '2/b.webm', 'c.mp4']) {
    t.equal(await objects.sizeOf(`${gone}/${name}`), null, name);
  }
  t.equal(await objects.sizeOf(`${gone}0/1/a.webm`), 1, 'a longer name is another one');
  t.equal(await objects.sizeOf(`${kept}/1/a.webm`), 1);
  await objects.deleteAll(`${gone}/`);
}

async function jobs(t: Test, objects: Objects): Promise<void> {
  const key = `${folderName()}/1/a.webm`;
  await objects.put(key, Buffer.from('of a job'));
  const address = new URL(await objects.addressForJob(key, 60_000));
  if (address.protocol === 'file:') {
    const { readFile } = await import('node:fs/promises');
    t.equal(await readFile(address, 'utf8'), 'of a job');
  } else {
    t.equal(await (await fetch(address)).text(), 'of a job');
  }
}

/** What holds for uploads in parts. */
export async function partsContract(t: Test, objects: Objects): Promise<void> {
  const parts = objects.inParts as PartStore;
  const key = `${folderName()}/1/a.webm`;
  const [first, second] = [randomBytes(leastPart), Buffer.from('the rest')];
  const upload = await parts.begin(key, 'video/webm');
  t.strictSame(await parts.parts(upload), [], 'begun, and nothing of it there');
  const two = await parts.putPart(upload, 2, second);
  await parts.putPart(upload, 1, Buffer.from('of a first try'));
  const one = await parts.putPart(upload, 1, first);
  t.strictSame(await parts.parts(upload), [one, two], 'in any order, the later one counts');
  t.equal(await objects.sizeOf(key), null, 'not there before it is complete');
  await t.rejects(parts.complete(upload, [{ ...one, etag: two.etag }, two]));
  await parts.complete(upload, [two, one]);
  t.equal(await objects.sizeOf(key), leastPart + second.byteLength);
  t.equal(
    await textOf(await objects.read(key, { first: leastPart, last: leastPart + 7 })),
    'the rest',
  );
  await parts.complete(upload, [one, two]);
  t.equal(await parts.parts(upload), null, 'there is no such upload any more');
  await t.rejects(parts.complete(upload, [one]), 'other bytes are there');

  const left = await parts.begin(key, 'video/webm');
  await parts.putPart(left, 1, first);
  await parts.abort(left);
  await parts.abort(left);
  t.equal(await parts.parts(left), null);
  t.equal(await objects.sizeOf(key), leastPart + second.byteLength, 'what was there stays');

  const folder = folderName();
  const under = await parts.begin(`${folder}/1/b.webm`, 'video/webm');
  await parts.putPart(under, 1, first);
  await objects.deleteAll(`${folder}/`);
  t.equal(await parts.parts(under), null, 'uploads go with their recording');
  await t.rejects(parts.complete(under, [one]));
}
