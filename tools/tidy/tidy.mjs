// The house rules that a machine can check (docs/house-rules.md). Each rule is one file that exports
// `name` and `check(tree)` → list of complaints; a rule without a machine is a wish.
//   node tools/tidy/tidy.mjs
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as builds from './builds.mjs';
import * as deadFiles from './dead-files.mjs';
import * as leaks from './leaks.mjs';
import * as nativeImports from './native-imports.mjs';
import * as purity from './purity.mjs';
import * as scriptImports from './script-imports.mjs';
import * as sizes from './sizes.mjs';
import * as webRules from './web-rules.mjs';

const root = join(import.meta.dirname, '..', '..');
const rules = [builds, nativeImports, scriptImports, sizes, deadFiles, leaks, webRules, purity];

const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
});
/** What every rule reads: the files git knows or would add, and their text, read once. */
const tree = {
  root,
  files: listed.split('\n').filter((file) => file && existsSync(join(root, file))),
  cache: new Map(),
  text(file) {
    if (!this.cache.has(file)) this.cache.set(file, readFileSync(join(root, file), 'utf8'));
    return this.cache.get(file);
  },
};

let failures = 0;
for (const rule of rules) {
  const complaints = rule.check(tree);
  console.log(`tidy: ${complaints.length === 0 ? 'ok  ' : 'FAIL'} ${rule.name}`);
  for (const complaint of complaints) console.log(`  ${complaint}`);
  failures += complaints.length;
}
process.exit(failures === 0 ? 0 : 1);
