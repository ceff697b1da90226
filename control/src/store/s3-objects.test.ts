/** On a real S3 server, which checks signatures and checksums. */
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { testS3 } from '../testing/test-s3.js';
import { objectsContract, partsContract } from './objects-contract.js';
import { openObjects } from './open-objects.js';

const s3 = await testS3(t);

objectsContract(t, (t) => s3.objects(t));

t.test('uploads in parts', (t) => partsContract(t, s3.objects(t)));

const serving = { contentType: 'video/webm', disposition: 'attachment; filename="a.webm"' };

t.test('a signed address is good for one object, for reading, for a while', async (t) => {
  const objects = s3.objects(t);
  await objects.put('recordings/a/1/a.webm', Buffer.from('0123456789'));
  await objects.put('recordings/a/1/b.webm', Buffer.from('another'));
  const address = await objects.addressFor('recordings/a/1/a.webm', { ...serving, lifeMs: 60_000 });
  const part = await fetch(address, { headers: { range: 'bytes=2-4' } });
  t.equal(part.status, 206);
  t.equal(await part.text(), '234');
  t.equal(part.headers.get('content-type'), 'video/webm');
  t.equal(part.headers.get('content-disposition'), serving.disposition);
  const other = await fetch(address.replace('/a.webm', '/b.webm'));
  t.equal(other.status, 403, 'another object');
  t.equal((await fetch(address, { method: 'PUT', body: 'x' })).status, 403, 'writing');
  const bare = await fetch(address.split('?')[0] as string);
  t.equal(bare.status, 403, 'without the signature');
  const past = await objects.addressFor('recordings/a/1/a.webm', { ...serving, lifeMs: 1000 });
  let status = 200;
  const deadline = Date.now() + 15_000;
  while (status === 200 && Date.now() < deadline) status = (await fetch(past)).status;
  t.equal(status, 403, 'later');
});

t.test('as the configuration names it', async (t) => {
  const settings = { url: s3.url(), ...s3.credentials };
  const objects = await openObjects(settings, t.testdir());
  await objects.put('avatars/x.jpg', Buffer.from('a picture'));
  const again = await openObjects(settings, t.testdir());
  t.equal(await again.sizeOf('avatars/x.jpg'), 9);
  const other = await openObjects({ ...settings, url: s3.url() }, t.testdir());
  t.equal(await other.sizeOf('avatars/x.jpg'), null, 'below another prefix');
  const wrong = await openObjects({ ...settings, secretAccessKey: 'wrong' }, t.testdir());
  await t.rejects(wrong.sizeOf('avatars/x.jpg'), 'refused is not missing');
});

t.test('uploads of which a store lists a few at a time all go with their recording', async (t) => {
  const prefix = `listed-${process.pid}/`;
  const objects = s3.objects(t, { prefix, endpoint: await listingFew(t, 2) });
  const keys = ['1/a.webm', '1/a.webm', '1/b.webm', '2/c.webm', '2/d.webm'];
  const begin = (folder: string) =>
    Promise.all(
      keys.map((key) => objects.inParts.begin(`recordings/${folder}/${key}`, 'video/webm')),
    );
  const [gone, kept] = [await begin('a'), await begin('b')];
  for (const upload of gone) await objects.inParts.putPart(upload, 1, Buffer.from('of a part'));
  await objects.deleteAll('recordings/a/');
  const direct = s3.objects(t, { prefix });
  for (const one of gone) t.equal(await direct.inParts.parts(one), null, `${one.key} is gone`);
  for (const one of kept) t.strictSame(await direct.inParts.parts(one), [], `${one.key} stays`);
});

/** The server as one is that lists `most` uploads at a time: this one lists all. @returns its address. */
async function listingFew(t: Test, most: number): Promise<string> {
  const front = createServer((asked, answer) => {
    const { method, url = '', headers } = asked;
    const forwarded = request(`${s3.origin}${url}`, { method, headers }, async (answered) => {
      const isList = method === 'GET' && /[?&]uploads\b/.test(url);
      const { 'content-length': _, ...rest } = answered.headers;
      answer.writeHead(answered.statusCode ?? 500, isList ? rest : answered.headers);
      if (isList) answer.end(cutShort(await text(answered), most));
      else answered.pipe(answer);
    });
    asked.pipe(forwarded);
  });
  front.listen(0, '127.0.0.1');
  await once(front, 'listening');
  t.teardown(() => front.close());
  return `http://127.0.0.1:${(front.address() as AddressInfo).port}`;
}

function cutShort(list: string, most: number): string {
  const uploads = list.match(/<Upload>.*?<\/Upload>/gs) ?? [];
  if (uploads.length <= most) return list;
  const cut = uploads.slice(most).reduce((left, one) => left.replace(one, ''), list);
  return cut.replace('<IsTruncated>false', '<IsTruncated>true');
}

t.test('browsers reach it by another address', async (t) => {
  const objects = s3.objects(t, { publicEndpoint: 'https://files.example.org' });
  const address = await objects.addressFor('recordings/a/1/a.webm', { ...serving, lifeMs: 1000 });
  t.equal(new URL(address).origin, 'https://files.example.org');
});

t.test('a part that came before the store went away is there when it is back', async (t) => {
  const objects = s3.objects(t);
  const parts = objects.inParts;
  const upload = await parts.begin('recordings/a/1/a.webm', 'video/webm');
  const bytes = Buffer.alloc(5 * 1024 * 1024, 'x');
  const one = await parts.putPart(upload, 1, bytes);
  await s3.kill();
  await t.rejects(parts.putPart(upload, 2, bytes));
  await t.rejects(objects.sizeOf('recordings/a/1/a.webm'), 'not reached is not missing');
  await s3.restart();
  t.strictSame(await parts.parts(upload), [one]);
  const two = await parts.putPart(upload, 2, Buffer.from('the rest'));
  await parts.complete(upload, [one, two]);
  t.equal(await objects.sizeOf('recordings/a/1/a.webm'), bytes.byteLength + 8);
});
