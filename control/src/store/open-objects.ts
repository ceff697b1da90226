import type { Config } from '../config.js';
import { FileObjects } from './file-objects.js';
import { folderOf } from './folder-of.js';
import type { Objects } from './objects.js';
import { readObjectsAddress } from './objects-address.js';

/** The store that `objects.url` names; the SDK of S3 is loaded by whoever needs it. */
export async function openObjects(
  { url, accessKeyId, secretAccessKey }: Config['objects'],
  dataFolder: string,
): Promise<Objects> {
  const address = readObjectsAddress(url);
  if (address?.kind !== 's3') return new FileObjects(folderOf(url, dataFolder, 'objects'));
  const { S3Objects } = await import('./s3-objects.js');
  return new S3Objects(address, { accessKeyId, secretAccessKey });
}
