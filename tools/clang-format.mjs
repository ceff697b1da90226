// Checks (or with --write: makes) the formatting of every C++ file.
import { execFileSync, spawnSync } from 'node:child_process';

const files = execFileSync(
  'git',
  [
    'ls-files',
    '-co',
    '--exclude-standard',
    'native/**/*.h',
    'native/**/*.cpp',
    'bench/**/*.h',
    'bench/**/*.cpp',
  ],
  {
    encoding: 'utf8',
  },
)
  .split('\n')
  .filter(Boolean);
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
const { status } = spawnSync('clang-format', [...mode, ...files], { stdio: 'inherit' });
process.exit(status ?? 1);
