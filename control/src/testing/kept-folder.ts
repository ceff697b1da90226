/**
 * Folders that take long to make and are the same each time: made by the first test that needs one,
 * kept below build/, copied from then on.
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../config.js';

export interface Recipe {
  /** Of the kind of folder; one of each is kept. */
  name: string;
  /** Files and folders (of files) below the project on which the outcome depends. */
  sources: readonly string[];
  /** Fills the folder. Nothing may use what is in it when this resolves. */
  make(folder: string): Promise<void>;
}

/** Fills `folder`, which is there and empty, as that recipe does. */
export async function fillFolder(folder: string, recipe: Recipe): Promise<void> {
  const kinds = join(projectRoot, 'build', 'kept', recipe.name);
  const kept = join(kinds, hashOf(recipe.sources));
  if (existsSync(kept)) return copyFolder(kept, folder);
  await recipe.make(folder);
  await keep(folder, kinds, kept);
}

function hashOf(sources: readonly string[]): string {
  const hash = createHash('sha256').update(process.version);
  for (const path of sources.flatMap(filesOf)) hash.update(readFileSync(path));
  return hash.digest('hex').slice(0, 16);
}

function filesOf(source: string): string[] {
  const path = join(projectRoot, source);
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .map((name) => join(path, name));
}

/** Whole or not at all, also when two tests make it at once; older ones are of no use any more. */
async function keep(folder: string, kinds: string, kept: string): Promise<void> {
  const part = join(kinds, `${process.pid}.part`);
  await mkdir(part, { recursive: true });
  await copyFolder(folder, part);
  const older = readdirSync(kinds).filter((name) => !name.endsWith('.part'));
  await rename(part, kept).catch(() => rm(part, { recursive: true, force: true }));
  for (const name of older) {
    if (join(kinds, name) !== kept) await rm(join(kinds, name), { recursive: true, force: true });
  }
}

/** With the owners of the files, which Node's own copy does not keep. */
async function copyFolder(from: string, to: string): Promise<void> {
  await promisify(execFile)('cp', ['-a', '--reflink=auto', `${from}/.`, to]);
}
