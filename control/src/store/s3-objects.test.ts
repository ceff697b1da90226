/** On a real S3 server, which checks signatures and checksums. */
import t from 'tap';
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
