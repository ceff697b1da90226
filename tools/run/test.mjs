// ./run test: every check of the project, part after part, each with its time. All parts run even
// when one fails, so that one run shows everything that is wrong.
import { basename } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { buildBench, prepare } from './prepare.mjs';
import { command } from './steps.mjs';
import { resultFile, tap } from './tap.mjs';

const cores = 2;

/**
 * A command that takes the processor time which the others leave. Linux shares time between sessions
 * first (sched_autogroup), so the session says it too.
 */
function idly(...argv) {
  const idle = 'echo 19 > /proc/self/autogroup 2>/dev/null; exec chrt --idle 0 "$@"';
  return ['sh', '-c', idle, 'sh', ...argv];
}

/** A command that runs at once. */
const now = (...argv) => argv;

async function cmake(folder, options) {
  await command('cmake', ['cmake', '-S', '.', '-B', folder, '-G', 'Ninja', ...options], {
    show: false,
  });
}

async function ninja(folder, ...targets) {
  await command('ninja', idly('ninja', '-C', folder, '-j', `${cores}`, ...targets), {
    show: false,
    limitSeconds: 3600,
  });
}

/** Runs a GoogleTest binary, a share of its tests per core, and returns how many tests passed. */
async function googleTest(binary, { env = {}, launch = now, name = basename(binary) } = {}) {
  const shares = Array.from({ length: cores }, async (_, share) => {
    const results = resultFile(`${name}-${share}.json`);
    const output = await command(
      binary,
      launch(binary, '--gtest_brief=1', `--gtest_output=json:${results}`),
      {
        show: false,
        limitSeconds: 900,
        env: { ...env, GTEST_TOTAL_SHARDS: `${cores}`, GTEST_SHARD_INDEX: `${share}` },
      },
    );
    return Number(/\[ {2}PASSED {2}\] (\d+) tests?/.exec(output)?.[1] ?? 0);
  });
  const passed = (await Promise.all(shares)).reduce((sum, share) => sum + share, 0);
  if (passed === 0) throw new Error(`${binary}: no test ran`);
  return passed;
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

async function clangTidy() {
  await command('clang-tidy', idly('node', 'tools/clang-tidy.mjs'), { show: false });
  return 1;
}

async function secondBuild() {
  await command('node-gyp build', idly('node', 'tools/build-gyp.mjs'), { show: false });
  return 1;
}

async function buildSanitized(folder, sanitizers, ...options) {
  await cmake(folder, [
    ...['-DPLENUM_TESTS=ON', `-DPLENUM_SANITIZE=${sanitizers}`, ...options],
    ...['-DCMAKE_BUILD_TYPE=RelWithDebInfo'],
    ...['-DCMAKE_C_COMPILER=clang', '-DCMAKE_CXX_COMPILER=clang++'],
  ]);
}

/** Unit, conformance and simulation tests, none of which knows a real clock, under ASan and UBSan. */
async function native() {
  await buildSanitized('build/asan', 'address,undefined', '-DPLENUM_FUZZ=ON');
  await ninja('build/asan');
  return googleTest('build/asan/plenum_tests', { launch: idly });
}

async function fuzz() {
  const argv = idly('node', 'tools/fuzz.mjs', '--seconds', '3');
  process.stdout.write(await command('fuzz', argv, { show: false }));
  return 1;
}

async function buildThreadTests() {
  await buildSanitized('build/asan', 'address,undefined', '-DPLENUM_FUZZ=ON');
  await ninja('build/asan', 'plenum_thread_tests');
  await buildSanitized('build/tsan', 'thread');
  await ninja('build/tsan', 'plenum_thread_tests');
  return 1;
}

/** The rooms that have threads and sockets: under ASan and UBSan, and under ThreadSanitizer. */
async function threads() {
  const passed = await googleTest('build/asan/plenum_thread_tests');
  return (
    passed +
    (await googleTest('build/tsan/plenum_thread_tests', {
      env: { TSAN_OPTIONS: 'halt_on_error=1' },
      name: 'plenum_thread_tests-tsan',
    }))
  );
}

/** Whether forwarding costs what it did; allocations per packet. Its figures are printed. */
async function gate() {
  await buildBench();
  await command('bench gate', ['node', 'out/bench/gate.js'], { limitSeconds: 300 });
  return 1;
}

async function web() {
  const compiler = 'node_modules/typescript/bin/tsc';
  await command('tsc web tests', ['node', compiler, '-p', 'web/tsconfig.test.json']);
  return tap(['web', 'client']);
}

/** They need Kafka or ClickHouse. */
const withServers =
  /(queue\/(broker-down|kafka-queue)|sink\/sink|clickhouse-store|reports\/reports|event-services)\.test/;
const withoutServers = new RegExp(`^(?!.*${withServers.source})`);

/** Begun first, so that the others end beside them. */
const longOnes = ['fleet/two-controls', 'fleet/regions'];

/** Three at once, as they wait for brokers; the longest takes half as long as the others together. */
async function events() {
  const first = ['sink/sink'];
  return tap(['control'], { jobs: 3, wanted: withServers, first, results: 'events' });
}

/** What stands around the processes: ingress, name server, units, boards, backup. */
async function deploy() {
  await ensurePackages('deploy');
  return tap(['test/deploy'], { jobs: 1 });
}

async function bench() {
  await buildBench();
  return tap(['test/bench'], { jobs: 1 });
}

/** Moving pictures and sound that are measured: each has the machine to itself. */
const aloneFiles =
  '(adaptation|audio|client|codecs|loss|meeting|playback|recording|together)[.]test';

/** Of the others two at once: pages and processes more than pictures, which wait as much as they compute. */
async function e2e() {
  const alone = { wanted: new RegExp(`^${aloneFiles}`), jobs: 1 };
  const inPairs = {
    ...{ wanted: new RegExp(`^(?!${aloneFiles})`), first: ['account-pages', 'accounts', 'fleet'] },
    results: 'e2e-pairs',
  };
  return (await tap(['test/e2e'], alone)) + (await tap(['test/e2e'], inPairs));
}

/** Faults on fleets of real processes, two at once: outcomes. Their times are for ./run chaos. */
async function chaos() {
  await buildBench();
  return tap(['test/chaos'], { jobs: 2, first: ['meetings', 'recordings'] });
}

/** What others leave: on a machine with a cold compiler cache a quarter of an hour passes without any. */
const inIdleTime = { timeout: 3600, launch: idly };

/**
 * In this order; `beside` in the same order, two at once, while the others run. What only computes and asks no clock
 * of the machine runs in the processor time that is left (two of five parts wait for browsers and disks).
 * Neighbours that wait for other programs most of their time run at once.
 */
const parts = {
  lint: { run: lint },
  'clang-tidy': { beside: clangTidy },
  native: { beside: native, builds: 'asan' },
  lib: { run: () => tap(['lib']) },
  fuzz: { beside: fuzz, builds: 'asan' },
  replay: { beside: () => tap(['test/replay'], inIdleTime) },
  scorecard: { beside: () => tap(['test/scorecard'], inIdleTime) },
  simulation: { beside: () => tap(['test/simulation'], inIdleTime) },
  lifetime: { run: () => tap(['test/lifetime'], { jobs: 1 }) },
  // They wait for disks and sockets: more of them at once than there are cores.
  control: {
    run: () => tap(['control'], { jobs: 2 * cores, wanted: withoutServers, first: longOnes }),
  },
  // Files that are written, killed, decoded and composed: it has the processors that its neighbours leave.
  recorder: {
    run: () => tap(['recorder'], { first: ['render', 'crash', 'pictures'] }),
    waits: true,
  },
  events: { run: events, waits: true },
  deploy: { run: deploy, waits: true },
  interop: { run: () => tap(['test/interop'], { jobs: 1 }), waits: true },
  'random-meetings': {
    onDemand: true,
    run: () =>
      tap(['control/src/domains/signaling'], {
        wanted: /model\.test/,
        env: { PLENUM_TEST_MEETINGS: '1000' },
        results: 'random-meetings',
        timeout: 1200,
      }),
  },
  'control-pgbouncer': {
    onDemand: true,
    run: () =>
      tap(['control'], {
        wanted: withoutServers,
        env: { PLENUM_TEST_PGBOUNCER: '1' },
        results: 'control-pgbouncer',
      }),
  },
  web: { run: web },
  bench: { run: bench },
  e2e: { run: e2e },
  chaos: { run: chaos },
  threads: { beside: buildThreadTests, builds: 'asan', run: threads },
  'second-build': { beside: secondBuild },
  gate: { run: gate, alone: true },
};

export async function test(names) {
  for (const name of names) {
    if (!(name in parts))
      throw new Error(`no part ${name}; there are: ${Object.keys(parts).join(' ')}`);
  }
  const started = Date.now();
  await prepare('test');
  const prepared = { name: 'prepare', seconds: (Date.now() - started) / 1000 };
  const wanted = Object.entries(parts)
    .filter(([name, { onDemand }]) => (names.length === 0 ? !onDemand : names.includes(name)))
    .map(([name, part]) => ({ name, ...part }));
  const beside = startBeside(wanted.filter((part) => part.beside));
  const results = [];
  for (const group of groupsOf(wanted.filter((part) => part.run))) {
    for (const { name, alone } of group) {
      await (alone ? Promise.all(beside.values()) : beside.get(name));
    }
    console.log(`\n== ${group.map(({ name }) => name).join(', ')}`);
    results.push(...(await Promise.all(group.map(({ name, run }) => timed(name, run)))));
  }
  results.push(...(await Promise.all(beside.values())));
  report([prepared, ...results], (Date.now() - started) / 1000);
}

/** Parts that run at once. */
function groupsOf(wanted) {
  const groups = [];
  for (const part of wanted) {
    const before = groups.at(-1);
    if (part.waits && before?.[0].waits) before.push(part);
    else groups.push([part]);
  }
  return groups;
}

/**
 * Those that share a folder of builds one after the other, and the rest one after the other beside them: while
 * both cores are free, both are used. The result of each, by name.
 */
function startBeside(wanted) {
  const previous = new Map();
  return new Map(
    wanted.map(({ name, run, beside, builds = null }) => {
      const before = previous.get(builds);
      const label = run ? `${name}, built` : name;
      const result = Promise.resolve(before).then(() => timed(label, beside));
      previous.set(builds, result);
      return [name, result];
    }),
  );
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
    console.log(`${name.padEnd(15)} ${took.toFixed(1).padStart(7)} s  ${outcome}`);
  }
  console.log(`${'all'.padEnd(15)} ${seconds.toFixed(1).padStart(7)} s`);
  const failed = results.filter((result) => result.failed).length;
  const passed = results.reduce((sum, result) => sum + (result.passed ?? 0), 0);
  console.log(`\n${passed} passed, ${failed} failed`);
  if (failed > 0) process.exit(1);
}
