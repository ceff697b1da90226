// Builds the libFuzzer targets of native/fuzz under ASan and UBSan and runs each for a while.
//   node tools/fuzz.mjs [--seconds 5] [--target rtcp_fuzz]
// Seconds are those of processor time, so that a busy machine makes it last longer and not try less.
// Prints one line per target with executions per second. Exits 1 when a target reports anything;
// the input that led to it is then in build/fuzz/findings. What a run learned stays in
// build/fuzz/corpus, the seeds in native/fuzz/corpus are never written. The build folder is that of
// the unit tests, which use the same sanitizers.
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const ticksPerSecond = 100;
const root = join(import.meta.dirname, '..');
const build = join(root, 'build', 'asan');
const state = join(root, 'build', 'fuzz');
const findings = join(state, 'findings');

const buildLimitMs = 20 * 60_000;
// Beyond its own limit a target may need this long to load its corpus and to stop.
const graceMs = 60_000;
/** A target that gets less of the processor than this share of it is ended early. */
const leastShare = 0.02;
const maxOutputBytes = 64 << 20;

const { values: options } = parseArgs({
  options: { seconds: { type: 'string', default: '5' }, target: { type: 'string' } },
});
const seconds = Number(options.seconds);
if (!(seconds > 0)) throw new Error('--seconds needs a positive number');

function targets() {
  const { fuzz } = JSON.parse(readFileSync(join(root, 'native', 'sources.json'), 'utf8'));
  const names = fuzz.map((file) => basename(file, '.cpp'));
  return options.target ? names.filter((name) => name === options.target) : names;
}

async function buildTargets(names) {
  const limits = { cwd: root, timeout: buildLimitMs, maxBuffer: maxOutputBytes };
  await run(
    'cmake',
    [
      ...[
        '-S',
        '.',
        '-B',
        build,
        '-G',
        'Ninja',
        '-DPLENUM_FUZZ=ON',
        '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
      ],
      ...[
        '-DPLENUM_SANITIZE=address,undefined',
        '-DCMAKE_C_COMPILER=clang',
        '-DCMAKE_CXX_COMPILER=clang++',
      ],
    ],
    limits,
  );
  await run('ninja', ['-C', build, ...names], limits);
}

/** Processor time that a process has taken, or nothing when it is gone. */
function secondsTaken(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const [user, system] = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .slice(11, 13);
    return (Number(user) + Number(system)) / ticksPerSecond;
  } catch {
    return 0;
  }
}

/** Asks a target to end well (libFuzzer's SIGUSR1) when it has had its seconds. */
async function endInTime(running) {
  const { child } = running;
  const timer = setInterval(() => {
    if (secondsTaken(child.pid) >= seconds) child.kill('SIGUSR1');
  }, 100);
  return running.finally(() => clearInterval(timer));
}

/** Runs one target; its line of output, and whether it found nothing. */
async function fuzz(name) {
  const learned = join(state, 'corpus', name);
  const seeds = join(root, 'native', 'fuzz', 'corpus', name);
  mkdirSync(learned, { recursive: true });
  const args = [
    `-max_total_time=${Math.ceil(seconds / leastShare)}`,
    '-max_len=2048',
    '-timeout=60',
    '-rss_limit_mb=1024',
    '-print_final_stats=1',
    `-artifact_prefix=${join(findings, `${name}-`)}`,
    learned,
    ...(existsSync(seeds) ? [seeds] : []),
  ];
  const limits = { timeout: (seconds * 1000) / leastShare + graceMs, maxBuffer: maxOutputBytes };
  try {
    const { stderr } = await endInTime(run(join(build, name), args, limits));
    const rate = stderr.match(/average_exec_per_sec:\s+(\d+)/)?.[1];
    const coverage = [...stderr.matchAll(/cov: (\d+)/g)].at(-1)?.[1];
    console.log(`ok    ${name.padEnd(24)} ${rate} executions/s, ${coverage} edges`);
    return true;
  } catch (error) {
    console.log(`FAIL  ${name}\n${String(error.stderr ?? error).slice(-6000)}`);
    return false;
  }
}

const names = targets();
if (names.length === 0) throw new Error('no such fuzz target');
await buildTargets(names).catch((error) => {
  console.error(String(error.stdout || error.stderr || error).slice(-6000));
  process.exit(1);
});
mkdirSync(findings, { recursive: true });
let failures = 0;
const waiting = [...names];
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    for (let name = waiting.shift(); name; name = waiting.shift()) {
      if (!(await fuzz(name))) failures += 1;
    }
  }),
);
process.exit(failures === 0 ? 0 : 1);
