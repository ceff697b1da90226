import { constants, existsSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { type Check, type Facts, type Finding, failed, ok, skipped, warning } from './finding.js';

const gibibyte = 2 ** 30;
const install =
  'apt install ffmpeg fonts-dejavu-core, or recorder.render_jobs: 0 where nothing is composed';

/** Where meetings are recorded: can the folder be written, is there room, and is there what composes? */
export const recording: Check = async ({ data, recorder }, facts) => {
  if (!recorder.enabled) return skipped('recorder.enabled is false');
  const { folder, reserveBytes, renderJobs } = recorder;
  let ground = folder;
  while (!existsSync(ground) && ground !== dirname(ground)) ground = dirname(ground);
  const error = await whyNotWritable(ground);
  if (error !== null) {
    if (folder.startsWith(data.folder))
      return skipped('the data folder cannot be written (see disk)');
    const fix =
      'give the folder to the user who runs Plenum (chown), or say another recorder.folder';
    return failed(`${folder} cannot be written: ${error}`, fix);
  }
  const free = await facts.freeBytes(ground);
  const text = `${(free / gibibyte).toFixed(1)} GiB are free for ${folder}`;
  // Seven cameras for an hour, beside the reserve: below, pictures would soon be given up.
  if (free < reserveBytes + 5 * gibibyte) {
    return warning(
      `${text}, of which ${(reserveBytes / gibibyte).toFixed(1)} are kept free`,
      'make room',
    );
  }
  return (renderJobs === 0 ? null : await composing(facts)) ?? ok(text);
};

/** What is lacking for compositions; null: nothing. Recording needs none of it. */
async function composing({ program }: Facts): Promise<Finding | null> {
  try {
    await program('ffprobe', ['-version']);
    const encoders = await program('ffmpeg', ['-hide_banner', '-encoders']);
    const filters = await program('ffmpeg', ['-hide_banner', '-filters']);
    const lacks = [
      ...['libx264', 'aac'].filter((name) => !new RegExp(`\\b${name}\\b`).test(encoders)),
      ...['ass', 'overlay'].filter((name) => !new RegExp(`\\s${name}\\s`).test(filters)),
    ];
    if (lacks.length === 0) return null;
    return warning(`ffmpeg lacks ${lacks.join(', ')}: nothing can be composed`, install);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    return warning(
      `ffmpeg does not run (${why}): meetings are recorded, nothing is composed`,
      install,
    );
  }
}

async function whyNotWritable(folder: string): Promise<string | null> {
  if (!(await stat(folder)).isDirectory()) return 'ENOTDIR';
  return access(folder, constants.W_OK).then(
    () => null,
    ({ code }: NodeJS.ErrnoException) => code ?? 'it is not allowed',
  );
}
