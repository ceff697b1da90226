// Builds the same addon the second way, with node-gyp, and loads it.
//   node tools/build-gyp.mjs
// node-gyp owns (and wipes) the folder build/ beside binding.gyp, so it works in a copy:
// build/gyp/, whose files are copied anew while its objects stay for the next run.
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { command, root, whenChanged } from './run/steps.mjs';

const folder = join(root, 'build', 'gyp');
const inputs = ['native', 'binding.gyp', 'package.json', 'package-lock.json'];
const product = 'build/gyp/build/Release/plenum.node';

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
}

await whenChanged('gyp', inputs, product, async () => {
  copySources();
  const gyp = join(root, 'node_modules', '.bin', 'node-gyp');
  const options = ['--directory', folder, ...headerOptions()];
  const jobs = ['--jobs', `${availableParallelism()}`];
  await command('node-gyp configure', [gyp, 'configure', ...options], { show: false });
  await command('node-gyp build', [gyp, 'build', ...options, ...jobs], { show: false });
});
await command('node-gyp addon', [
  process.execPath,
  '--eval',
  `if (!require('./${product}').contractVersion) process.exit(1)`,
]);
