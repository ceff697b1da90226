// Runs clang-tidy on every C++ source of the core, two at a time. A file whose own text and whose
// headers (all headers: simple and safe) did not change since it was clean is not looked at again.
// That is remembered for the user, as ccache remembers objects, and holds in every checkout of this machine.
// Nearly all the time goes into headers, so the files of a room are looked at as one; where that
// finds anything (two files may have the same names for themselves), each file is judged alone.
//   --analyze   the path-sensitive checks too, which take some ten seconds a file (./run analyze)
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = join(import.meta.dirname, '..');
const analyze = process.argv.includes('--analyze');
const folder = join(root, 'build', analyze ? 'clang-analyze' : 'clang-tidy');
const sources = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8'));
/** What git knows or would add. */
function tracked(...patterns) {
  return execFileSync('git', ['ls-files', '-co', '--exclude-standard', ...patterns], {
    cwd: root,
    encoding: 'utf8',
  })
    .split('\n')
    .filter((file) => file && existsSync(join(root, file)))
    .sort();
}
const files = [
  ...[...sources.core, ...sources.crypto, ...sources.io, ...sources.binding].map(
    (file) => `native/${file}`,
  ),
  ...tracked('bench/**/*.cpp'),
];

const hash = (...paths) => {
  const sum = createHash('sha256');
  for (const path of paths) sum.update(readFileSync(resolve(root, path)));
  return sum.digest('hex');
};
mkdirSync(folder, { recursive: true });
const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
const stamps = join(cache, 'plenum', analyze ? 'clang-analyze' : 'clang-tidy');
mkdirSync(stamps, { recursive: true });

const require = createRequire(import.meta.url);
const addonIncludes = ['node-addon-api', 'node-api-headers'].map(
  (name) => `-isystem${require(name).include_dir.replaceAll('"', '')}`,
);
const flags = [
  '-std=c++20',
  '-I.',
  '-Inative',
  '-Ibench',
  ...addonIncludes,
  '-DNAPI_VERSION=8',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
].concat(sources.defines.map((define) => `-D${define}`));

const extraChecks = analyze ? ['--checks=clang-analyzer-*'] : [];

/** All that a finding may depend on besides the file itself; of the system's headers, by its packages. */
const packages = '/var/lib/dpkg/status';
const common = [
  hash(...tracked('native/**/*.h', 'bench/**/*.h', '.clang-tidy', 'package-lock.json')),
  execFileSync('clang-tidy', ['--version'], { encoding: 'utf8' }),
  existsSync(packages) ? hash(packages) : '',
  ...sources.defines,
].join();
const stampOf = (file) =>
  join(
    stamps,
    createHash('sha256')
      .update(`${common} ${file} ${hash(file)}`)
      .digest('hex'),
  );
const isClean = (file) => existsSync(stampOf(file));
const noteClean = (file) => writeFileSync(stampOf(file), '');

/** What clang-tidy says of `source` and of those files it includes that `lookedAt` (a regex) names. */
function findings(source, lookedAt) {
  return new Promise((resolve) => {
    const argv = ['--quiet', ...extraChecks, `--header-filter=${lookedAt}`, source, '--', ...flags];
    const child = spawn('clang-tidy', argv, { cwd: root });
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => resolve(code === 0 ? '' : Buffer.concat(chunks).toString() || '?'));
  });
}

async function tidyAlone(file) {
  const found = await findings(file, '(native|bench)/.*\\.h$');
  if (found) process.stdout.write(found);
  else noteClean(file);
  return found === '';
}

/** As one file, which includes them all. */
async function areCleanTogether(room, its) {
  const source = join(folder, `room-${room.replaceAll('/', '-')}.cpp`);
  const lines = its.map((file) => `#include "${file}"  // NOLINT(bugprone-suspicious-include)\n`);
  writeFileSync(source, lines.join(''));
  return (await findings(source, '(native|bench)/.*\\.(h|cpp)$')) === '';
}

/** Returns how many of its files are not clean. */
async function tidyRoom([room, its]) {
  if (!analyze && its.length > 1 && (await areCleanTogether(room, its))) {
    for (const file of its) noteClean(file);
    return 0;
  }
  let failed = 0;
  for (const file of its) {
    if (!(await tidyAlone(file))) failed += 1;
  }
  return failed;
}

const stale = files.filter((file) => !isClean(file));
const queue = [...Map.groupBy(stale, dirname)].sort(([, a], [, b]) => b.length - a.length);
let failed = 0;
async function worker() {
  for (let room = queue.shift(); room; room = queue.shift()) {
    const unclean = await tidyRoom(room);
    failed += unclean;
  }
}
await Promise.all([worker(), worker()]);
console.log(`clang-tidy: ${files.length - failed} of ${files.length} files clean`);
process.exit(failed === 0 ? 0 : 1);
