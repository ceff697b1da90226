// Runs compiled test files, each in a process of its own. tap's own runner would load a tracer of
// modules into every process, also into the servers that tests start: a second or more of each one's
// processor time.
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { command, root } from './steps.mjs';

/** Of JavaScript, as every file loads much the same. */
const compileCache = join(root, 'build', 'compile-cache');

const untracked = join(import.meta.dirname, 'untracked.mjs');

/**
 * Of Node, for the process of a file alone. What tests make is young and soon forgotten: with more room for it, and
 * its own code in large pages, control's tests and the simulation take an eighth less.
 */
const nodeFlags = ['--max-semi-space-size=64', '--use-largepages=silent'];

/**
 * Where the files of tests lie while they run: in memory where there is enough of it, as a database of a
 * test is some hundred files, made and removed.
 */
function makeScratchFolder() {
  const inMemory = '/dev/shm';
  let parent = tmpdir();
  try {
    const { bavail, bsize } = statfsSync(inMemory);
    if (bavail * bsize > 4 * 2 ** 30) parent = inMemory;
  } catch {}
  const folder = mkdtempSync(join(parent, 'plenum-tests-'));
  chmodSync(folder, 0o755); // the database's user passes through
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

let scratch;
const scratchFolder = () => {
  scratch ??= makeScratchFolder();
  return scratch;
};

/** Where the outcome of each test stays, for ./run conformance. */
export function resultFile(name) {
  const folder = join(root, 'build', 'results');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}

/** Test files below folders of out/ whose path matches; those of `first` before the others. */
function testFiles(folders, { wanted = /./, first = [] } = {}) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, 'out', folder), { recursive: true })
      .filter((file) => file.endsWith('.test.js') && wanted.test(file))
      .map((file) => join('out', folder, file)),
  );
  if (files.length === 0) throw new Error(`no test below ${folders.join(', ')}`);
  const rank = (file) => {
    const index = first.findIndex((name) => file.endsWith(`/${name}.test.js`));
    return index < 0 ? first.length : index;
  };
  return files.sort((a, b) => rank(a) - rank(b));
}

/**
 * How long a file may take, seconds: only what hangs takes so long, also on a machine that is three times as slow as usual
 * beside three other files. Outcomes have deadlines of their own.
 */
const hangsAfter = 600;

/**
 * Runs the tests below folders of out/, `jobs` files at once, and returns how many tests passed. All
 * files run even when one fails; then it throws. `timeout` is in seconds, of a file.
 * @param launch makes the command line of a file from that of its process
 */
export async function tap(
  folders,
  {
    jobs = availableParallelism(),
    timeout = hangsAfter,
    env = {},
    results,
    launch,
    wanted,
    first,
  } = {},
) {
  const waiting = testFiles(folders, { wanted, first });
  const outcomes = [];
  const work = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      outcomes.push(
        await runFile(file, { timeout, env: { TMPDIR: scratchFolder(), ...env }, launch }),
      );
    }
  };
  await Promise.all(Array.from({ length: jobs }, work));
  const name = results ?? folders.join('-').replaceAll('/', '-');
  writeFileSync(resultFile(`${name}.tap`), outcomes.map(asPoint).join(''));
  for (const { skipped } of outcomes) for (const line of skipped) console.log(line);
  const failed = outcomes.filter((outcome) => outcome.error !== null);
  if (failed.length > 0) throw new Error(failed.map(({ error }) => error.message).join('; '));
  return outcomes.reduce((sum, { passed }) => sum + passed, 0);
}

async function runFile(file, { timeout, env, launch = (...argv) => argv }) {
  const began = Date.now();
  let output = '';
  let error = null;
  try {
    const flags = [...nodeFlags, '--import', untracked, '--enable-source-maps'];
    const argv = launch(process.execPath, ...flags, file);
    output = await command(file, argv, {
      show: false,
      // tap says first which test did not end.
      limitSeconds: timeout + 10,
      excerpt: withoutPassed,
      env: { TAP_TIMEOUT: `${timeout}`, NODE_COMPILE_CACHE: compileCache, ...env },
    });
    if (!/^ *ok \d+/m.test(output)) throw new Error(`${file}: no test ran`);
  } catch (failure) {
    error = failure;
    output = failure.output ?? output;
  }
  const lines = output.split('\n');
  return {
    file,
    output,
    error,
    ms: Date.now() - began,
    passed: lines.filter((line) => /^ *ok \d+/.test(line)).length,
    skipped: lines.filter((line) => /^ *ok \d+.*# SKIP/i.test(line)).map((line) => line.trim()),
  };
}

/** A file as a test point, its own below it. */
function asPoint({ file, output, error, ms }, index) {
  const below = output.replaceAll(/^(?=.)/gm, '    ');
  return `${error === null ? '' : 'not '}ok ${index + 1} - ${file} # time=${ms}ms\n${below}`;
}

/** What tap says without what went well: failures, their details, and what the tests print. */
function withoutPassed(output) {
  const passed = /^ *(ok \d+|1\.\.\d+$|#|TAP version|$)/;
  return `${output
    .split('\n')
    .filter((line) => !passed.test(line))
    .join('\n')}\n`;
}
