import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { canEnter, serverUser } from './postgres-binaries.js';

/**
 * Where data lies when nobody says where: `.plenum` in the project. As root the database runs as
 * another user; when that one may not enter the project (a clone under /root), a folder of the
 * project's own under /var/lib/plenum.
 */
export function defaultDataFolder(project: string): string {
  if (canEnter(serverUser(), project)) return join(project, '.plenum');
  const name = createHash('sha256').update(project).digest('hex').slice(0, 8);
  return join('/var/lib/plenum', name);
}
