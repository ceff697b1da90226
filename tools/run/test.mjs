// ./run test: every check of the project, part after part, each with its time. All parts run even
// when one fails, so that one run shows everything that is wrong.
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { buildBench, prepare } from './prepare.mjs';
import { command, root } from './steps.mjs';

const cores = 2;

async function cmake(folder, options) {
  await command('cmake', ['cmake', '-S', '.', '-B', folder, '-G', 'Ninja', ...options], {
    show: false,
  });
}

async function ninja(folder, ...targets) {
  await command('ninja', ['ninja', '-C', folder, '-j', `${cores}`, ...targets], { show: false });
}

/** Where the outcome of each test stays, for ./run conformance. */
function resultFile(name) {
  const folder = join(root, 'build', 'results');
  mkdirSync(folder, { recursive: true });
  return join(folder, name);
}

/** Runs a GoogleTest binary, a share of its tests per core, and returns how many tests passed. */
async function googleTest(binary, env = {}) {
  const shares = Array.from({ length: cores }, async (_, share) => {
    const results = resultFile(`${basename(binary)}-${share}.json`);
    const output = await command(
      binary,
      [binary, '--gtest_brief=1', `--gtest_output=json:${results}`],
      {
        show: false,
        limitSeconds: 600,
        env: { ...env, GTEST_TOTAL_SHARDS: `${cores}`, GTEST_SHARD_INDEX: `${share}` },
      },
    );
    return Number(/\[ {2}PASSED {2}\] (\d+) tests?/.exec(output)?.[1] ?? 0);
  });
  const passed = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0);
  if (passed === 0) throw new Error(`${binary}: no test ran`);
  return passed;
}

/** What tap says without what went well: failures, their details, and what the tests print. */
function withoutPassed(output) {
  const passed = /^ *(ok \d+|1\.\.\d+$|#|$)/;
  return `${output
    .split('\n')
    .filter((line) => !passed.test(line))
    .join('\n')}\n`;
}

/** Runs compiled TypeScript tests below a folder of out/ with tap and returns how many passed. */
async function tap(folders, { jobs = cores, timeout = 120, env = {}, results } = {}) {
  const files = folders.flatMap((folder) =>
    readdirSync(join(root, 'out', folder), { recursive: true })
      .filter((file) => file.endsWith('.test.js'))
      .map((file) => join('out', folder, file)),
  );
  if (files.length === 0) throw new Error(`no test below ${folders.join(', ')}`);
  const output = await command(
    'tap',
    [
      ...['node_modules/.bin/tap', 'run'],
      ...['--reporter=tap', `--jobs=${jobs}`, `--timeout=${timeout}`, ...files],
    ],
    { show: false, limitSeconds: 900, excerpt: withoutPassed, env },
  );
  const name = results ?? folders.join('-').replaceAll('/', '-');
  writeFileSync(resultFile(`${name}.tap`), output);
  return output.split('\n').filter((line) => /^ +ok \d+/.test(line)).length;
}

async function lint() {
  await command('biome', ['node_modules/.bin/biome', 'check', '.']);
  await command('clang-format', ['node', 'tools/clang-format.mjs']);
  await command('tsc web', [
    'node',
    'node_modules/typescript/bin/tsc',
    '-p',
    'web/tsconfig.json',
    '--noEmit',
  ]);
  await command('tidy', ['node', 'tools/tidy/tidy.mjs']);
  return 4;
}

/**
 * A command that takes the processor time which the others leave. Linux shares time between sessions
 * first (sched_autogroup), so the session says it too.
 */
function idly(...argv) {
  const idle = 'echo 19 > /proc/self/autogroup 2>/dev/null; exec chrt --idle 0 "$@"';
  return ['sh', '-c', idle, 'sh', ...argv];
}

/** Minutes of computing for which nothing waits. */
async function clangTidy() {
  await command('clang-tidy', idly('node', 'tools/clang-tidy.mjs'), { show: false });
  return 1;
}

/** Minutes of computing for which nothing waits, too. */
async function secondBuild() {
  await command('node-gyp build', idly('node', 'tools/build-gyp.mjs'), { show: false });
  return 1;
}

/** Unit, conformance and simulation tests, then the fuzz targets, under ASan and UBSan. */
async function native() {
  await cmake('build/asan', [
    ...['-DPLENUM_TESTS=ON', '-DPLENUM_FUZZ=ON', '-DPLENUM_SANITIZE=address,undefined'],
    ...[
      '-DCMAKE_BUILD_TYPE=RelWithDebInfo',
      '-DCMAKE_C_COMPILER=clang',
      '-DCMAKE_CXX_COMPILER=clang++',
    ],
  ]);
  await ninja('build/asan');
  return googleTest('build/asan/plenum_tests');
}

async function fuzz() {
  await command('fuzz', ['node', 'tools/fuzz.mjs', '--seconds', '3']);
  return 1;
}

/** The rooms that have threads, under ThreadSanitizer. */
async function threads() {
  await cmake('build/tsan', [
    ...['-DPLENUM_TESTS=ON', '-DPLENUM_SANITIZE=thread', '-DCMAKE_BUILD_TYPE=RelWithDebInfo'],
    ...['-DCMAKE_C_COMPILER=clang', '-DCMAKE_CXX_COMPILER=clang++'],
  ]);
  await ninja('build/tsan', 'plenum_thread_tests');
  return googleTest('build/tsan/plenum_thread_tests', { TSAN_OPTIONS: 'halt_on_error=1' });
}

/** Whether forwarding costs what it did; allocations per packet. Its figures are printed. */
async function gate() {
  await buildBench();
  await command('bench gate', ['node', 'out/bench/gate.js'], { limitSeconds: 300 });
  return 1;
}

const parts = {
  lint,
  'clang-tidy': clangTidy,
  'second-build': secondBuild,
  native,
  fuzz,
  threads,
  lib: () => tap(['lib']),
  replay: () => tap(['test/replay'], { timeout: 300 }),
  scorecard: () => tap(['test/scorecard'], { timeout: 300 }),
  lifetime: () => tap(['test/lifetime'], { jobs: 1 }),
  // They wait for disks and sockets: more of them at once than there are cores.
  control: () => tap(['control'], { jobs: 2 * cores }),
  'control-pgbouncer': () =>
    tap(['control'], {
      env: { PLENUM_TEST_PGBOUNCER: '1' },
      results: 'control-pgbouncer',
      timeout: 300,
    }),
  web: async () => {
    await command('tsc web tests', [
      'node',
      'node_modules/typescript/bin/tsc',
      '-p',
      'web/tsconfig.test.json',
    ]);
    return tap(['web', 'client']);
  },
  bench: async () => {
    await buildBench();
    return tap(['test/bench'], { jobs: 1 });
  },
  interop: () => tap(['test/interop'], { jobs: 1, timeout: 180 }),
  e2e: () => tap(['test/e2e'], { jobs: 1, timeout: 300 }),
  gate,
};

/** Run when they are named, for releases. */
const onDemand = new Set(['control-pgbouncer']);
/** One after the other, begun first, beside all others. */
const besideOthers = new Set(['clang-tidy', 'second-build']);
/** Begun when nothing else runs. */
const alone = new Set(['gate']);

export async function test(names) {
  for (const name of names) {
    if (!(name in parts))
      throw new Error(`no part ${name}; there are: ${Object.keys(parts).join(' ')}`);
  }
  const started = Date.now();
  await prepare('test');
  const results = [{ name: 'prepare', seconds: (Date.now() - started) / 1000 }];
  const wanted = Object.entries(parts).filter(([name]) =>
    names.length === 0 ? !onDemand.has(name) : names.includes(name),
  );
  const beside = timedInTurn(wanted.filter(([name]) => besideOthers.has(name)));
  for (const [name, run] of wanted) {
    if (besideOthers.has(name)) continue;
    if (alone.has(name)) await beside;
    console.log(`\n== ${name}`);
    results.push(await timed(name, run));
  }
  results.push(...(await beside));
  report(results, (Date.now() - started) / 1000);
}

async function timedInTurn(wanted) {
  const results = [];
  for (const [name, run] of wanted) results.push(await timed(name, run));
  return results;
}

async function timed(name, run) {
  const begin = Date.now();
  const result = { name, passed: 0, failed: false };
  try {
    result.passed = await run();
  } catch (error) {
    result.failed = true;
    console.error(`${name}: ${error.message}`);
  }
  return { ...result, seconds: (Date.now() - begin) / 1000 };
}

function report(results, seconds) {
  console.log('');
  for (const { name, passed, failed, seconds: took } of results) {
    const outcome = name === 'prepare' ? '' : failed ? 'FAILED' : `${passed} passed`;
    console.log(`${name.padEnd(14)} ${took.toFixed(1).padStart(7)} s  ${outcome}`);
  }
  console.log(`${'all'.padEnd(14)} ${seconds.toFixed(1).padStart(7)} s`);
  const failed = results.filter((result) => result.failed).length;
  const passed = results.reduce((sum, result) => sum + (result.passed ?? 0), 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exit(1);
}
