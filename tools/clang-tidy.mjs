// Runs clang-tidy on every C++ source of the core, two at a time. A file whose own text and whose
// headers (all headers: simple and safe) did not change since it was clean is not looked at again.
//   --analyze   the path-sensitive checks too, which take some ten seconds a file (./run analyze)
import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const analyze = process.argv.includes('--analyze');
const folder = join(root, 'build', analyze ? 'clang-analyze' : 'clang-tidy');
const sources = JSON.parse(readFileSync(join(root, 'native/sources.json'), 'utf8'));
const files = [...sources.core, ...sources.crypto, ...sources.io, ...sources.binding];
const headers = execFileSync(
  'git',
  ['ls-files', '-co', '--exclude-standard', 'native/**/*.h', '.clang-tidy'],
  {
    cwd: root,
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter((file) => file && existsSync(join(root, file)))
  .sort();

const hash = (...paths) => {
  const sum = createHash('sha256');
  for (const path of paths) sum.update(readFileSync(join(root, path)));
  return sum.digest('hex');
};
const common = hash(...headers);
mkdirSync(folder, { recursive: true });

const require = createRequire(import.meta.url);
const addonIncludes = ['node-addon-api', 'node-api-headers'].map(
  (name) => `-isystem${require(name).include_dir.replaceAll('"', '')}`,
);
const flags = [
  '-std=c++20',
  '-Inative',
  ...addonIncludes,
  '-DNAPI_VERSION=8',
  '-DNAPI_DISABLE_CPP_EXCEPTIONS',
].concat(sources.defines.map((define) => `-D${define}`));

const extraChecks = analyze ? ['--checks=clang-analyzer-*'] : [];

function tidy(file) {
  const stamp = join(folder, file.replaceAll('/', '-'));
  const current = common + hash(join('native', file));
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === current) return true;
  return new Promise((resolve) => {
    const child = spawn(
      'clang-tidy',
      ['--quiet', ...extraChecks, join('native', file), '--', ...flags],
      {
        cwd: root,
      },
    );
    const chunks = [];
    child.stdout.on('data', (chunk) => chunks.push(chunk));
    child.on('close', (code) => {
      if (code === 0) writeFileSync(stamp, current);
      else process.stdout.write(Buffer.concat(chunks));
      resolve(code === 0);
    });
  });
}

const queue = [...files];
let failed = 0;
async function worker() {
  for (let file = queue.shift(); file; file = queue.shift()) {
    if (!(await tidy(file))) failed += 1;
  }
}
await Promise.all([worker(), worker()]);
console.log(`clang-tidy: ${files.length - failed} of ${files.length} files clean`);
process.exit(failed === 0 ? 0 : 1);
