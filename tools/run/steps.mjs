// Running child programs: one place that echoes, times, bounds and reports them.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

export const root = join(import.meta.dirname, '..', '..');

/** How to end each program that runs. */
const running = new Set();
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    for (const end of running) end();
    process.exit(130);
  });
}

/**
 * Runs a program to its end. Output is shown when `show`, else kept and shown only on failure: what
 * `excerpt` makes of it, of that the end. Throws when it fails or takes longer than `limitSeconds` (it is then
 * killed with its group); the error has the `output`.
 */
export function command(
  name,
  argv,
  { show = true, limitSeconds = 1800, env = {}, excerpt = (output) => output } = {},
) {
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0], argv.slice(1), {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
      detached: true,
    });
    const chunks = [];
    child.stdout?.on('data', (chunk) => chunks.push(chunk));
    child.stderr?.on('data', (chunk) => chunks.push(chunk));
    const killGroup = () => {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {}
    };
    const timer = setTimeout(killGroup, limitSeconds * 1000);
    running.add(killGroup);
    const settle = (error) => {
      clearTimeout(timer);
      running.delete(killGroup);
      const output = Buffer.concat(chunks).toString();
      if (error) {
        if (output) process.stderr.write(excerpt(output).slice(-20000));
        reject(Object.assign(error, { output }));
      } else resolve(output);
    };
    child.on('error', (error) => settle(new Error(`${name}: ${error.message}`)));
    child.on('close', (code, signal) =>
      settle(code === 0 ? null : new Error(`${name} failed (${signal ?? `exit ${code}`})`)),
    );
  });
}

function filesBelow(path) {
  if (!existsSync(path)) return [];
  if (statSync(path).isFile()) return [path];
  return readdirSync(path, { withFileTypes: true })
    .filter((entry) => !['node_modules', 'out', 'build', 'dist'].includes(entry.name))
    .flatMap((entry) => filesBelow(join(path, entry.name)))
    .sort();
}

/** A hash over the contents of files and folders: what a build step depends on. */
export function contentHash(paths) {
  const hash = createHash('sha256').update(process.version);
  for (const file of paths.flatMap((path) => filesBelow(join(root, path)))) {
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file)).update('\0');
  }
  return hash.digest('hex');
}

/** Runs `work` unless the inputs are those of the last success and `product` is still there. */
export async function whenChanged(name, inputs, product, work) {
  const stamp = join(root, 'build', 'stamps', name);
  const hash = contentHash(inputs);
  const fresh =
    existsSync(join(root, product)) && existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (fresh) return;
  await work();
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, hash);
}
