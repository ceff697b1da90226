// Who may import whom in TypeScript (design §4).
import { dirname, join } from 'node:path/posix';

export const name = 'TypeScript parts import only what they may';

const importLine = /^\s*(?:import|export)\s+(?:type\s+)?(?:[^'";]*?\s+from\s+)?['"]([^'"]+)['"]/gm;
const isTest = (file) => /\.test\.tsx?$/.test(file) || file.startsWith('test/');
const pure = ['lib/negotiation/', 'lib/congestion/', 'lib/allocation/'];
const pureNeighbours = ['lib/errors.ts', ...pure];

/** The rule that an import breaks, or nothing. `to` is a path in the repository or a package name. */
function broken(from, to) {
  const inside = /^(lib|control|client|recorder|web|bench|test|native)\//.test(to);
  if (pure.some((folder) => from.startsWith(folder))) {
    if (!inside || !pureNeighbours.some((path) => to.startsWith(path))) return 'is pure';
  }
  if (from.startsWith('lib/') && inside && !to.startsWith('lib/')) return 'lib/ stands alone';
  if (/^(control|recorder|bench)\//.test(from) && to.startsWith('lib/') && to !== 'lib/index.ts') {
    // The scorecard drives the virtual clock as tests do, forward/ measures the engine unpaced,
    // people/ are the clients of the tests.
    if (/^bench\/(scorecard|forward|people)\//.test(from)) return undefined;
    const isMeasured = from.startsWith('bench/') && pure.some((folder) => to.startsWith(folder));
    if (!isMeasured) return 'enters lib/ by lib/index.ts only';
  }
  if (from.startsWith('recorder/') && inside && !/^(lib|recorder)\//.test(to)) {
    return 'recorder/ knows lib/ alone';
  }
  if (/^(control|bench)\//.test(from) && to.startsWith('recorder/')) {
    if (to !== 'recorder/src/index.ts') return 'enters recorder/ by its index only';
  }
  if (from.startsWith('client/') && inside && !to.startsWith('client/')) {
    return 'client/ stands alone';
  }
  if (from.startsWith('web/') && inside && !to.startsWith('web/')) {
    if (to !== 'client/src/index.ts') return 'web/ enters client/ by its index only';
  }
  if (/^control\/src\/schemas\//.test(from) && inside && !to.startsWith('control/src/schemas/')) {
    return 'schemas import nothing of ours';
  }
  if (/^web\/src\/protocol\//.test(from) && inside && /^web\/src\/(session|ui)\//.test(to)) {
    return 'protocol ← session ← ui';
  }
  if (/^web\/src\/session\//.test(from) && /^web\/src\/ui\//.test(to)) return 'session ← ui';
  const domain = /^control\/src\/domains\/([^/]+)\//.exec(from)?.[1];
  const other = /^control\/src\/domains\/([^/]+)\//.exec(to)?.[1];
  if (
    domain &&
    other &&
    domain !== other &&
    !/-(service|types)\.ts$|\/(service|types)\.ts$/.test(to)
  ) {
    return 'reaches another domain through its service only';
  }
  return undefined;
}

export function check(tree) {
  const complaints = [];
  for (const file of tree.files.filter((path) => /\.(ts|tsx)$/.test(path) && !isTest(path))) {
    for (const [, target] of tree.text(file).matchAll(importLine)) {
      const to = target.startsWith('.')
        ? join(dirname(file), target).replace(/\.js$/, '.ts')
        : target;
      const reason = broken(file, to);
      if (reason) complaints.push(`${file}: imports ${target}, but ${reason}`);
    }
  }
  return complaints;
}
