// Dispatch of ./run: a command is a name, a line of help and a function.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bench } from './bench.mjs';
import { buildBench, prepare } from './prepare.mjs';
import { command, root } from './steps.mjs';
import { test } from './test.mjs';

const commands = {
  'prepare-start': {
    help: '           brings and builds what a start needs, and starts nothing',
    run: () => prepare('start'),
  },
  plenum: {
    help: 'COMMAND      config check, config print, ports, doctor: about the configuration and the machine',
    run: plenum,
  },
  test: { help: '[PART …]     every check of the project (or only the named parts)', run: test },
  bench: {
    help: 'WHAT [--json FILE]   measurements: join, forward, ideal, switches, micro, peers, scale, gate, churn, memory, allocation, adaptation, rmcat',
    run: bench,
  },
  chaos: {
    help: '[--only F1,F3] [--repeats 20] [--quick] [--json FILE]   faults on a fleet of real processes, docs/chaos.md (hours)',
    run: async (args) => {
      await prepare('test');
      await buildBench();
      const line = ['node', 'out/test/chaos/main.js', ...args];
      await command('chaos', line, { limitSeconds: 24 * 3600 });
    },
  },
  fuzz: {
    help: '[--seconds 60]  every fuzz target for that long under ASan and UBSan',
    run: async (args) => {
      await prepare('native-checks');
      await command('fuzz', [
        'node',
        'tools/fuzz.mjs',
        ...(args.length ? args : ['--seconds', '60']),
      ]);
    },
  },
  replay: {
    help: 'FILE [--seed N] [--seeds N] [--codec NAME] [--out DIR]   a recording through the engine, layers switched at random',
    run: async (args) => {
      await prepare('replay');
      await command('replay', ['node', 'out/test/replay/main.js', ...args]);
    },
  },
  simulate: {
    help: '[--seeds N] [--from S] [--trace SEED]   fleets that go wrong, on virtual time (10 000 seeds unless told)',
    run: async (args) => {
      await prepare('replay');
      await command('simulate', ['node', 'out/test/simulation/main.js', ...args]);
    },
  },
  scorecard: {
    help: '[--scenarios FILE | --acceptance] [--seeds N] [--json FILE] [--only REGEXP]   congestion scenarios, thresholds, docs/congestion-scorecard.md',
    run: async (args) => {
      await prepare('replay');
      await command('scorecard', ['node', 'out/bench/scorecard/main.js', ...args]);
    },
  },
  conformance: {
    help: '        docs/media-conformance.md from the results of the tests',
    run: async () => {
      await test(['native', 'threads', 'lib', 'replay', 'scorecard']);
      await command('scorecard', ['node', 'out/bench/scorecard/main.js']);
      await command('scorecard', ['node', 'out/bench/scorecard/main.js', '--acceptance']);
      await recordAllocation();
      await command('conformance', ['node', 'tools/conformance/conformance.mjs']);
    },
  },
  analyze: {
    help: '            path-sensitive static analysis of the C++ (minutes)',
    run: async () => {
      await prepare('native-checks');
      await command('clang-tidy', ['node', 'tools/clang-tidy.mjs', '--analyze']);
    },
  },
  format: {
    help: '            formats C++ and TypeScript in place',
    run: async () => {
      await prepare('native-checks');
      await command('biome', ['node_modules/.bin/biome', 'check', '--write', '.']);
      await command('clang-format', ['node', 'tools/clang-format.mjs', '--write']);
    },
  },
};

/** Its exit code is ours: `doctor` found something. */
async function plenum(args) {
  await prepare('start');
  const { status } = spawnSync('node', ['out/control/src/server.js', ...args], {
    stdio: 'inherit',
  });
  process.exitCode = status ?? 1;
}

/** The last line of the bench carries its figures (T6.11). */
async function recordAllocation() {
  const output = await command('bench allocation', ['node', 'out/bench/allocation.js'], {
    show: false,
  });
  const headline = output.trim().split('\n').at(-1);
  writeFileSync(join(root, 'build', 'results', 'bench-allocation.tap'), `# ${headline}\n`);
}

function help() {
  console.log(
    './run start [--host ADDR] [--port N] [--admin-port N] [--media-port N] [--media-tcp-port N|none] [--shards N|auto] [--max-load N|none] [--announce ADDR[:PORT]] [--data DIR] [--config FILE]',
  );
  for (const [name, { help: text }] of Object.entries(commands)) {
    if (text) console.log(`./run ${name} ${text}`);
  }
}

const [name = 'help', ...args] = process.argv.slice(2);
process.chdir(root);
if (name === 'help' || !(name in commands)) {
  help();
  process.exit(name === 'help' ? 0 : 2);
}
try {
  await commands[name].run(args);
} catch (error) {
  console.error(`run: ${error.message}`);
  process.exit(1);
}
