// Both builds read native/sources.json, and it lists what is there; generated files are up to date.
import { spawnSync } from 'node:child_process';

export const name = 'both builds and the generated contract match the tree';

export function check(tree) {
  const complaints = [];
  const generators = [
    ...['tools/sources.mjs', 'tools/contract.mjs'],
    ...['tools/configuration.mjs', 'tools/client-types.mjs'],
  ];
  for (const script of generators) {
    const result = spawnSync(process.execPath, [script, '--check'], {
      cwd: tree.root,
      encoding: 'utf8',
    });
    if (result.status !== 0)
      complaints.push(`${script} --check: ${(result.stderr || result.stdout).trim()}`);
  }
  for (const build of ['CMakeLists.txt', 'binding.gyp']) {
    if (!tree.text(build).includes('native/sources.json')) {
      complaints.push(`${build}: does not read native/sources.json`);
    }
  }
  return complaints;
}
