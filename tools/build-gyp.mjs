// Builds the same addon the second way, with node-gyp, and checks both: they load, show Node-API's
// entry points alone, and need no library of the user's.
//   node tools/build-gyp.mjs
// node-gyp owns (and wipes) the folder build/ beside binding.gyp, so it works in a copy:
// build/gyp/, whose sources are copied anew while its objects stay for the next run.
import {
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { command, root, whenChanged } from './run/steps.mjs';

const folder = join(root, 'build', 'gyp');
const inputs = ['native', 'binding.gyp', 'package.json', 'package-lock.json'];
const product = 'build/gyp/build/Release/plenum.node';
const quiet = { show: false };
/** As in CMakeLists.txt. */
const joinedFiles = 8;

/** Node's own headers lie beside its binary in most installations; else node-gyp downloads a copy. */
function headerOptions() {
  const prefix = join(dirname(process.execPath), '..');
  return existsSync(join(prefix, 'include/node/common.gypi')) ? ['--nodedir', prefix] : [];
}

function copySources() {
  mkdirSync(folder, { recursive: true });
  for (const path of ['native', 'node_modules']) {
    rmSync(join(folder, path), { recursive: true, force: true });
  }
  for (const path of ['native', 'binding.gyp', 'package.json']) {
    cpSync(join(root, path), join(folder, path), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  joinSources(join(folder, 'native'));
}

/**
 * Several files as one, as CMake does for the sanitized builds: parsing headers is most of the time. That each
 * compiles by itself is seen by the first build.
 */
function joinSources(native) {
  const list = join(native, 'sources.json');
  const sources = JSON.parse(readFileSync(list, 'utf8'));
  for (const room of ['core', 'io']) {
    const joined = [];
    for (let first = 0; first < sources[room].length; first += joinedFiles) {
      const files = sources[room].slice(first, first + joinedFiles);
      const name = `${room}-${joined.length}.cpp`;
      writeFileSync(join(native, name), files.map((file) => `#include "${file}"\n`).join(''));
      joined.push(name);
    }
    sources[room] = joined;
  }
  writeFileSync(list, JSON.stringify(sources));
}

async function build() {
  copySources();
  const gyp = join(root, 'node_modules', '.bin', 'node-gyp');
  const options = ['--directory', folder, ...headerOptions()];
  const jobs = ['--jobs', `${availableParallelism()}`];
  await command('node-gyp configure', [gyp, 'configure', ...options], quiet);
  await command('node-gyp build', [gyp, 'build', ...options, ...jobs], {
    ...quiet,
    // As CMakeLists.txt does for the first build; it is among the packages of the tests.
    env: {
      CXX: 'ccache g++',
      CCACHE_BASEDIR: root,
      CCACHE_NOHASHDIR: '1',
      CCACHE_SLOPPINESS: 'locale',
    },
  });
}

async function check(addon) {
  const script = `if (!require('./${addon}').contractVersion) process.exit(1)`;
  await command(`loading ${addon}`, [process.execPath, '--eval', script]);
  const symbols = await command('nm', ['nm', '-D', '--defined-only', '-P', addon], quiet);
  const foreign = symbols
    .split('\n')
    .map((line) => line.split(' ')[0])
    .filter((name) => name && !/^(napi_register|node_api)_module_/.test(name));
  if (foreign.length > 0) throw new Error(`${addon} exports ${foreign.join(' ')}`);
  const libraries = await command('ldd', ['ldd', addon], quiet);
  if (/libssl|libcrypto|IPSec_MB/.test(libraries)) throw new Error(`${addon} needs\n${libraries}`);
}

await whenChanged('gyp', inputs, product, build);
for (const addon of ['build/addon/Release/plenum.node', product]) await check(addon);
