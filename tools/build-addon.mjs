// Builds the addon, build/addon/Release/plenum.node, with cmake-js: only when something changed.
//   node tools/build-addon.mjs
// The headers of Node-API come from the npm package node-api-headers (package.json, `binary`), so
// nothing is downloaded.
import { availableParallelism } from 'node:os';
import { command, whenChanged } from './run/steps.mjs';

const inputs = ['native', 'CMakeLists.txt', 'package.json', 'node_modules/node-addon-api/napi.h'];
const product = 'build/addon/Release/plenum.node';

await whenChanged('addon', inputs, product, async () => {
  console.error('run: building the addon');
  const options = ['--out', 'build/addon', '--parallel', `${availableParallelism()}`];
  await command('cmake-js', ['node_modules/.bin/cmake-js', 'compile', ...options], { show: false });
});
