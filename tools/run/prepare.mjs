// Brings the checkout to where a purpose can begin: packages, npm packages, builds. Each step looks
// first whether its inputs changed, so that a second run starts at once.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensurePackages } from './packages.mjs';
import { command, root, whenChanged } from './steps.mjs';
import { bringTestServers } from './test-servers.mjs';

const quiet = { show: false };

async function installModules() {
  const inputs = ['package-lock.json', 'package.json', 'control/package.json', 'web/package.json'];
  await whenChanged('npm', inputs, 'node_modules/.package-lock.json', async () => {
    console.error('run: installing npm packages');
    await command('npm ci', ['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts'], quiet);
  });
}

/** tap generates its test class for the plugins of .taprc; the first run must not do it halfway. */
async function buildTap() {
  const marker = 'node_modules/.tap-is-built';
  await whenChanged('tap', ['.taprc', 'package-lock.json'], marker, async () => {
    await command('tap build', ['node_modules/.bin/tap', 'build'], quiet);
    writeFileSync(join(root, marker), '');
  });
}

async function buildAddon() {
  await command('addon build', ['node', 'tools/build-addon.mjs'], { show: true });
}

async function buildTypeScript() {
  const inputs = [
    'tsconfig.json',
    'tsconfig.e2e.json',
    'lib',
    'control/src',
    'client/src',
    'recorder/src',
    'bench',
    'test',
    'package-lock.json',
  ];
  await whenChanged('typescript', inputs, 'out/control/src/server.js', async () => {
    console.error('run: compiling TypeScript');
    for (const project of ['tsconfig.json', 'tsconfig.e2e.json']) {
      await command('tsc', ['node', 'node_modules/typescript/bin/tsc', '-p', project]);
    }
  });
}

async function buildWeb() {
  const inputs = ['web', 'client/src', 'package-lock.json'];
  await whenChanged('web', inputs, 'web/dist/index.html', async () => {
    console.error('run: bundling the web client');
    await command('vite', ['node', 'node_modules/vite/bin/vite.js', 'build', 'web'], quiet);
  });
}

/** The native programs of bench/, beside the addon and of its own objects: what is measured is what runs. */
export async function buildBench() {
  const folder = 'build/addon';
  await command('cmake bench', ['cmake', '-S', '.', '-B', folder, '-DPLENUM_BENCH=ON'], quiet);
  const programs = ['plenum-load', 'plenum-ideal', 'plenum-crowd', 'plenum-micro'];
  await command('bench build', ['cmake', '--build', folder, '--target', ...programs], quiet);
}

export async function prepare(purpose) {
  await ensurePackages(purpose);
  await installModules();
  if (purpose === 'native-checks') return;
  // Compilers use the cores while downloads are waited for.
  const forTests = purpose === 'test' ? [buildTap(), bringTestServers()] : [];
  await Promise.all([...forTests, buildEverything()]);
}

/** On two cores: the type checker has one thread. */
async function buildEverything() {
  const addonThenWeb = async () => {
    await buildAddon();
    await buildWeb();
  };
  await Promise.all([addonThenWeb(), buildTypeScript()]);
}
