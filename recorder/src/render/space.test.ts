/** What compositions may take of a disk, beside recordings that go on and beside each other. */
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { RenderSpace } from './space.js';

const MIB = 1024 ** 2;
const newFolder = () => mkdtemp(join(tmpdir(), 'plenum-space-'));

t.test('recordings keep their reserve, and a tenth of it', async (t) => {
  const disk = { freeBytes: 111.5 * MIB, totalBytes: 1000 * MIB };
  for (const reserve of [
    { minBytes: 100 * MIB, share: 0 },
    { minBytes: 0, share: 0.1 },
  ]) {
    const space = new RenderSpace(reserve, async () => disk);
    const folder = await newFolder();
    await t.rejects(space.take(folder, 2 * MIB), {
      message: /^no space to compose: 2 MiB are needed, 1 are/,
    });
    await space.take(folder, MIB);
  }
});

t.test('jobs keep what others still need', async (t) => {
  const disk = { freeBytes: 100 * MIB, totalBytes: 1000 * MIB };
  const space = new RenderSpace({ minBytes: 0, share: 0 }, async () => disk);
  const [one, other] = [await newFolder(), await newFolder()];
  const both = [space.take(one, 60 * MIB), space.take(other, 60 * MIB)];
  const [first, second] = await Promise.allSettled(both);
  t.equal(first?.status, 'fulfilled');
  t.match(second, { status: 'rejected', reason: { message: /60 MiB are needed, 40 are/ } });
  // What it has written is no longer free, and no longer needed.
  await writeFile(join(one, 'input-0'), Buffer.alloc(30 * MIB));
  disk.freeBytes -= 30 * MIB;
  await t.rejects(space.take(other, 41 * MIB), { message: /40 are/ });
  await space.take(other, 40 * MIB);
  space.release(other);
  space.release(one);
  await space.take(other, 70 * MIB);
});
